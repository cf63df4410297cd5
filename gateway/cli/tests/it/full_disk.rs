//! A disk that is really full: a small file system in memory, and a file that takes the rest of it.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command as Program;
use std::time::{Duration, Instant};

use gantry_client::{Client, new_id};
use gantry_model::{
    AdjustReason, Command, CommandId, OrderUnits, Query, RejectReason, ReplyBody, Sku, StockChange,
    StockState, Warehouse,
};

use crate::process::{Server, run};
use crate::storefront::{connect, place, set_up};

/// Room for the segment that is written to, two spares of 2 MiB, and one more once the filler is
/// gone.
const DISK_BYTES: &str = "9m";
/// A lone order takes a page of the journal: this many fill all segments that there are.
const ORDERS_MAX: usize = 3 * (2 << 20) / 4096;
/// A shop that does not go on after this long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A small file system, unmounted at the end.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `None` where this process may not mount.
    fn mount() -> Option<Self> {
        let disk = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(disk.root()).unwrap();
        let options = format!("size={DISK_BYTES}");
        let mount = Program::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "gantry-test"])
            .arg(disk.root())
            .output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(disk);
        }
        println!("skipped: no right to mount a file system");
        None
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// A folder on the small disk, by a name elsewhere: the server's log stands beside that name
    /// and must not be in the way.
    fn directory(&self) -> PathBuf {
        let (name, folder) = (self.folder.path().join("shop"), self.root().join("shop"));
        std::fs::create_dir(&folder).unwrap();
        std::os::unix::fs::symlink(folder, &name).unwrap();
        name
    }

    /// Writes a file until nothing more fits.
    fn fill(&self) -> PathBuf {
        let path = self.root().join("filler");
        let mut file = File::create(&path).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Fails only where it was never mounted.
        let _ = Program::new("umount").arg("-l").arg(self.root()).output();
    }
}

/// Places orders until one is refused; their ids, and the refused one.
async fn place_until_refused(client: &Client) -> (Vec<CommandId>, CommandId) {
    let mut placed = Vec::new();
    loop {
        let id = new_id();
        let reply = place(client, id).await;
        if !reply.is_success() {
            assert_eq!(reply.reject_reason(), Some(RejectReason::NoSpace));
            return (placed, id);
        }
        placed.push(id);
        assert!(placed.len() < ORDERS_MAX, "the disk never gets full");
    }
}

fn receipt() -> Command<'static> {
    Command::Receive(StockChange {
        id: new_id(),
        sku: Sku::new(0),
        warehouse: Warehouse::new(0),
        quantity: 1,
        reason: AdjustReason::None,
        state: StockState::OnHand,
        note: "",
    })
}

/// What a full disk takes, and what it refuses.
async fn check_service(client: &Client, placed: &[CommandId]) {
    let refused = client.command(&receipt()).await.unwrap();
    assert_eq!(refused.reject_reason(), Some(RejectReason::NoSpace));
    let repeated = place(client, placed[0]).await;
    assert!(repeated.is_success(), "a repeat takes no room: {repeated:?}");
    let cancel = OrderUnits { id: new_id(), order: placed[1], units: &[] };
    let cancelled = client.command(&Command::CancelOrder(cancel)).await.unwrap();
    assert!(cancelled.is_success(), "{cancelled:?}");
    let read = client.query(&Query::ReadOrder(placed[1])).await.unwrap();
    assert!(matches!(read.reply().body, ReplyBody::OrderDetail { .. }), "{read:?}");
}

async fn wait_for_service(client: &Client, id: CommandId) {
    let started = Instant::now();
    while !place(client, id).await.is_success() {
        assert!(started.elapsed() < PATIENCE, "service does not resume");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The refused id is placed once there is room, and everything acknowledged is found afterwards.
fn fill_and_free(journal_io: &str) {
    let Some(disk) = SmallDisk::mount() else { return };
    let directory = disk.directory();
    let options = ["--journal-io", journal_io];
    let server = Server::start(&directory, &options);
    set_up(&server);
    let filler = disk.fill();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let placed = runtime.block_on(async {
        let client = connect(&server).await;
        let (placed, refused) = place_until_refused(&client).await;
        check_service(&client, &placed).await;
        (placed, refused)
    });
    let refusal = server.run(&["sku", "set", "CUP"]);
    assert_eq!(refusal.code, Some(3), "{refusal:?}");
    assert!(refusal.stdout.contains("no_space"), "{refusal:?}");

    // A stop in order and a start need no room.
    let (status, log) = server.signal(rustix::process::Signal::TERM);
    assert!(status.success() && log.contains("THE DISK IS FULL"), "{log}");
    let server = Server::start(&directory, &options);
    let (placed, refused) = placed;
    runtime.block_on(async {
        let client = connect(&server).await;
        let (more, _) = place_until_refused(&client).await;
        check_service(&client, &[placed[0], placed[2], more.first().copied().unwrap_or(refused)])
            .await;
        std::fs::remove_file(&filler).unwrap();
        wait_for_service(&client, refused).await;
        assert!(client.command(&receipt()).await.unwrap().is_success());
    });
    let orders = placed.len() as u64;
    assert!(server.json(&["stats"])["orders"].as_u64().unwrap() > orders);
    server.kill();
    verify(&directory);
}

fn verify(directory: &Path) {
    let verified = run(["journal", "verify", directory.to_str().unwrap(), "--json"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[test]
fn a_full_disk_refuses_what_grows_and_serves_the_rest_mapped() {
    fill_and_free("mapped");
}

#[test]
fn a_full_disk_refuses_what_grows_and_serves_the_rest_direct() {
    fill_and_free("direct");
}
