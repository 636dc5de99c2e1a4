//! The body of `GET /tasks`: how often each task is taken, within its class and of all.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::seam::TaskRatio;

/// Tasks of a class, or of a set of tasks.
type Tasks = BTreeMap<String, TaskRatio>;

/// The whole body, for so many users of each class.
pub(super) fn tasks(users: &BTreeMap<String, u64>, classes: &BTreeMap<String, Tasks>) -> Value {
    let all: u64 = users.values().sum();
    let mut per_class = Map::new();
    let mut total = Map::new();
    for (class, tasks) in classes {
        let own = users.get(class).copied().unwrap_or(0);
        let ratio = if all == 0 {
            0.0
        } else {
            own as f64 / all as f64
        };
        let relative = tree(tasks, |task, _| task, 1.0);
        per_class.insert(class.clone(), json!({"ratio": ratio, "tasks": relative}));
        let absolute = tree(tasks, |task, parent| task * parent, ratio);
        total.insert(class.clone(), json!({"ratio": ratio, "tasks": absolute}));
    }
    json!({"per_class": per_class, "total": total})
}

fn tree(tasks: &Tasks, shown: fn(f64, f64) -> f64, parent: f64) -> Value {
    let node = |(name, task): (&String, &TaskRatio)| {
        let ratio = shown(task.ratio, parent);
        let mut node = json!({ "ratio": ratio });
        if let Some(tasks) = &task.tasks {
            node["tasks"] = tree(tasks, shown, ratio);
        }
        (name.clone(), node)
    };
    Value::Object(tasks.iter().map(node).collect())
}
