//! What all connections share: the ways in and out, the limits, and the word to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gantry_engine::Instance;
use gantry_protocol::Busy;
use tokio::sync::Notify;

use crate::archive_shelf::ArchiveShelf;
use crate::ingress::Ingress;
use crate::link::Links;
use crate::options::ServerOptions;
use crate::session::SessionFacts;
use crate::stats::Counters;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) ingress: Arc<Ingress>,
    pub(crate) archive: Arc<ArchiveShelf>,
    pub(crate) links: Arc<Links>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) facts: SessionFacts,
    pub(crate) outbound_bytes_max: usize,
    pub(crate) idle_timeout: Duration,
    pub(crate) busy: Busy,
    /// The server stops: say goodbye, answer what is pending, close.
    stopping: AtomicBool,
    /// The stop has waited long enough: close now.
    cut: AtomicBool,
    /// Told whenever a connection has ended.
    pub(crate) ended: Notify,
}

impl Hub {
    /// For the connections of an opened instance; takes its archive.
    pub(crate) fn new(options: &ServerOptions, instance: &mut Instance) -> Self {
        let retry_after_us = options.busy_retry_after.as_micros();
        let archive = std::mem::take(&mut instance.archive);
        Self {
            ingress: Arc::new(Ingress::new(options)),
            archive: Arc::new(ArchiveShelf::new(archive)),
            links: Arc::new(Links::new()),
            counters: Arc::new(Counters::default()),
            facts: SessionFacts {
                instance: instance.recovery.instance_id,
                requests_in_flight_max: options.requests_in_flight_max,
            },
            outbound_bytes_max: options.outbound_bytes_max,
            idle_timeout: options.idle_timeout,
            busy: Busy { retry_after_us: u32::try_from(retry_after_us).unwrap_or(u32::MAX) },
            stopping: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            ended: Notify::new(),
        }
    }

    // The flags are relaxed: the wake-up that follows a store orders it before the task's look.

    /// Makes every connection say goodbye and end.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.wake_all();
    }

    /// Ends every connection as it is.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::Relaxed);
        self.wake_all();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }

    fn wake_all(&self) {
        let mut links: Vec<_> = self.links.iter().map(|link| Arc::clone(&link)).collect();
        // In an order that a simulator can repeat.
        links.sort_unstable_by_key(|link| link.id);
        for link in links {
            link.wake.notify_one();
        }
    }
}
