//! The lines of a script that are about holds, and the time that passes over them.
//!
//! `hold 1 7 zone=1 60 A:2 partial` holds for owner 7, for a minute; a hold of one place says
//! `at=N` instead of a zone. `wait 2` lets two seconds pass, `wait 2 -1` a nanosecond less.

use std::fmt::Write;

use gantry_model::{
    Channel, Command, CommandId, EngineTime, ExtendHold, HeldUnits, HoldHead, HoldId, HoldStatus,
    OrderLine, PlaceHold, Query, ReadHolds, ReleaseHold, Sequence, Warehouse, Zone,
};

use super::setup::flag;
use super::{Shop, order_id};

impl Shop {
    pub(super) fn holding(&mut self, id: CommandId, words: &[&str]) -> Vec<u8> {
        match *words {
            ["hold", hold, owner, place, seconds, lines, ref flags @ ..] => {
                self.hold(hold, owner, place, seconds, lines, flags)
            }
            ["extend", hold, seconds] => {
                let (hold, ttl_seconds) = (order_id(hold), seconds.parse().unwrap());
                self.send(&Command::ExtendHold(ExtendHold { id, hold, ttl_seconds }))
            }
            ["release", hold] => {
                self.send(&Command::ReleaseHold(ReleaseHold { id, hold: order_id(hold) }))
            }
            ["held", hold] => self.query(&Query::ReadHold(order_id(hold))),
            ["holds", owner, ref bounds @ ..] => {
                let bound = |prefix| flag(bounds, prefix).map_or(0, |bound| bound.parse().unwrap());
                self.query(&Query::ReadHolds(ReadHolds {
                    owner: owner.parse().unwrap(),
                    from: Sequence::new(bound("from=")),
                    rows_max: u32::try_from(bound("rows=")).unwrap(),
                }))
            }
            ["expire"] => {
                let now = self.clock.max(self.engine.last_time());
                while self.engine.expire_holds(now, &mut self.records) {}
                Vec::new()
            }
            ["wait", seconds, ref more @ ..] => {
                let more = more.first().map_or(0, |more| more.parse::<i64>().unwrap());
                let seconds = seconds.parse::<u64>().unwrap() * 1_000_000_000;
                let begin = self.clock.max(self.engine.last_time()).get();
                self.clock = EngineTime::new((begin + seconds).strict_add_signed(more));
                Vec::new()
            }
            _ => panic!("no line of a script: {words:?}"),
        }
    }

    fn hold(
        &mut self,
        hold: &str,
        owner: &str,
        place: &str,
        seconds: &str,
        lines: &str,
        flags: &[&str],
    ) -> Vec<u8> {
        let lines = lines.split(',').filter_map(|line| line.split_once(':'));
        let lines: Vec<_> = lines
            .map(|(sku, units)| OrderLine::new(self.sku(sku), units.parse().unwrap()))
            .collect();
        let zone = flag(&[place], "zone=").map_or(Zone::NONE, |code| self.zone(code));
        let place = flag(&[place], "at=").map_or(Warehouse::NONE, |code| self.warehouse(code));
        self.send(&Command::PlaceHold(PlaceHold {
            id: order_id(hold),
            owner: owner.parse().unwrap(),
            replaces: flag(flags, "replaces=").map_or(HoldId::NONE, order_id),
            ttl_seconds: seconds.parse().unwrap(),
            zone,
            warehouse: place,
            channel: flag(flags, "channel=").map_or(Channel::NONE, |code| self.channel(code)),
            partial: flags.contains(&"partial"),
            lines: &lines,
        }))
    }

    pub(super) fn describe_hold(&self, head: &HoldHead, rows: &[HeldUnits], text: &mut String) {
        let names = &self.engine.state().catalogue;
        match head.status().unwrap() {
            HoldStatus::Ended => write!(text, " ended of {}", head.placed()).unwrap(),
            HoldStatus::Active => {
                let seconds = head.expires().get() / 1_000_000_000;
                write!(text, " of {} until={seconds}s", head.owner()).unwrap();
            }
        }
        assert_eq!(head.units(), rows.iter().map(HeldUnits::units).sum::<u32>());
        for row in rows {
            let (sku, place) = (names.skus.code(row.sku()), names.warehouses.code(row.warehouse()));
            let (sku, place) = (sku.as_str(), place.as_str());
            write!(text, " {}:{sku}@{place}:{}", row.line(), row.units()).unwrap();
        }
    }
}
