//! What the console's list shows of each connector, without the
//! configurations, which are the larger part of a view.

use super::Herder;
use super::connector::{Connector, Slot, TaskView};
use crate::files::InitialState;

/// One connector at a glance.
#[derive(Clone, Debug)]
pub struct Glance {
    /// Its name.
    pub name: String,
    /// RUNNING, PAUSED or STOPPED.
    pub state: &'static str,
    /// Which of the worker's starts of tasks has begun its task: another
    /// number is another run, whose counters begin anew.
    pub start: Option<u64>,
    /// Its task, if it has one.
    pub task: Option<TaskView>,
}

impl Connector {
    fn glance(&self, name: &str) -> Glance {
        let start = match &self.slot {
            Slot::Empty => None,
            Slot::Started(started) => Some(started.start),
            Slot::Unstartable { start, .. } => Some(*start),
        };
        Glance {
            name: name.to_owned(),
            state: InitialState::from(self.target).name(),
            start,
            task: self.task_view(),
        }
    }
}

impl Herder {
    /// All connectors, by name.
    pub fn glances(&self) -> Vec<Glance> {
        let connectors = self.connectors();
        let glances = connectors.iter().map(|(name, one)| one.glance(name));
        glances.collect()
    }

    /// One connector.
    pub fn glance(&self, name: &str) -> Option<Glance> {
        let connectors = self.connectors();
        connectors.get(name).map(|one| one.glance(name))
    }
}
