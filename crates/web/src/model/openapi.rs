//! The page's API as one document, in the format that is called `OpenAPI`.

use serde_json::Value;
use utoipa::OpenApi as _;

use super::operations;
use super::{
    BaselineRequest, ChooseRequest, Cloud, Compare, ConfirmRequired, Delta, Done, EntryDetail,
    EntryFolders, EntryTrends, EntryWindow, Event, FailureCourses, GroupWindow, ImportRequest,
    LogPage, LoginRequest, NoteRequest, PinRequest, Problem, ReloadRequest, RemoveWorkerRequest,
    Report, RunList, RunSetup, Series, Session, Snapshot, StartForm, StartRequest, Started,
    StopRequest, TargetCheck, TeardownRequest, TestChoices, Topic, UsersRequest, WorkerDetail,
    WorkersCourse,
};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "gregaria",
        description = "The page's own API. Locust's paths are beside it."
    ),
    components(schemas(
        Event,
        Topic,
        Delta,
        Snapshot,
        Series,
        StartForm,
        TargetCheck,
        EntryDetail,
        EntryFolders,
        EntryTrends,
        EntryWindow,
        FailureCourses,
        GroupWindow,
        WorkerDetail,
        WorkersCourse,
        Cloud,
        TeardownRequest,
        LogPage,
        RunList,
        RunSetup,
        Compare,
        Report,
        Session,
        LoginRequest,
        StartRequest,
        Started,
        UsersRequest,
        StopRequest,
        NoteRequest,
        BaselineRequest,
        PinRequest,
        ReloadRequest,
        ChooseRequest,
        TestChoices,
        RemoveWorkerRequest,
        ImportRequest,
        Done,
        Problem,
        ConfirmRequired
    ))
)]
struct Api;

/// The document, as it is served and as `ui/openapi.json` holds it.
///
/// The derive takes every `Option` for a field that may be left out. Answers leave out none, and only
/// types that end in `Request` are read and not written.
#[expect(
    clippy::missing_panics_doc,
    reason = "the document consists of texts and maps: it can be written as JSON"
)]
pub fn document() -> String {
    let mut document = serde_json::to_value(Api::openapi()).expect("the document is plain JSON");
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        for (name, schema) in schemas {
            if is_read(name) {
                // What has a default may be left out; generators take the word for the opposite.
                drop_defaults(schema);
            } else {
                require_all(schema);
            }
        }
    }
    document["paths"] = operations::paths();
    let mut text = serde_json::to_string_pretty(&document).expect("the document is plain JSON");
    text.push('\n');
    text
}

/// Whether a type is part of a request.
fn is_read(name: &str) -> bool {
    name.ends_with("Request") || name == "Confirmation"
}

/// Makes every property of every object in a schema a required one.
fn require_all(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Object(properties)) = fields.get("properties") {
                let names: Vec<Value> = properties.keys().cloned().map(Value::from).collect();
                fields.insert("required".to_owned(), Value::from(names));
            }
            fields.values_mut().for_each(require_all);
        }
        Value::Array(items) => items.iter_mut().for_each(require_all),
        _ => {}
    }
}

/// Takes the defaults out of every property.
fn drop_defaults(schema: &mut Value) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for property in properties.values_mut().filter_map(Value::as_object_mut) {
            property.remove("default");
        }
    }
}
