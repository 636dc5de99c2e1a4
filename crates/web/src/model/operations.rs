//! How a path is written into the document: what is asked, what is answered.
//!
//! The paths are tables and no attributes of handlers: a path reads like a line of a reference, and a test
//! of `api` holds the tables against the router.

use serde_json::{Map, Value, json};

use super::{locust_operations, page_operations};

/// A text of the query: its name, its type, what it is for.
pub(super) type Parameter = (&'static str, &'static str, &'static str);

/// What is sent along.
#[derive(Clone, Copy)]
pub(super) enum Body {
    Nothing,
    /// JSON of this type.
    Json(&'static str),
    /// A form with these fields.
    Form(&'static [Parameter]),
    /// JSON whose fields the test decides.
    Object,
}

/// What a good answer is made of.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    /// JSON of this type.
    Json(&'static str),
    /// JSON as Locust writes it.
    Locust,
    /// Anything else, by its media type.
    Text(&'static str),
    /// Another address.
    Redirect,
}

/// One method of one path.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) query: &'static [Parameter],
    pub(super) body: Body,
    pub(super) status: u16,
    pub(super) answer: Answer,
    /// Statuses of refusals besides those that every path has.
    pub(super) refusals: &'static [u16],
}

/// What most of them have.
pub(super) const PLAIN: Operation = Operation {
    method: "get",
    path: "",
    id: "",
    summary: "",
    query: &[],
    body: Body::Nothing,
    status: 200,
    answer: Answer::Locust,
    refusals: &[],
};

/// All of them, as the document has them.
pub(super) fn paths() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in page_operations::ALL.iter().chain(locust_operations::ALL) {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = operation.document();
    }
    Value::Object(paths)
}

impl Operation {
    fn is_ours(&self) -> bool {
        self.path.starts_with("/api/")
    }

    fn document(&self) -> Value {
        let mut document = json!({
            "operationId": self.id,
            "summary": self.summary,
            "tags": [if self.is_ours() { "page" } else { "locust" }],
            "parameters": self.parameters(),
            "responses": self.responses(),
        });
        if let Some(body) = self.request_body() {
            document["requestBody"] = body;
        }
        document
    }

    /// Those of the path, then those of the query.
    fn parameters(&self) -> Vec<Value> {
        let places = self.path.split('/').filter_map(|part| {
            let name = part.strip_prefix('{')?.strip_suffix('}')?;
            Some(json!({
                "name": name, "in": "path", "required": true, "schema": {"type": "integer"},
            }))
        });
        let query = self.query.iter().map(|(name, kind, text)| {
            json!({"name": name, "in": "query", "description": text, "schema": {"type": kind}})
        });
        places.chain(query).collect()
    }

    fn request_body(&self) -> Option<Value> {
        let (kind, schema) = match self.body {
            Body::Nothing => return None,
            Body::Json(name) => ("application/json", reference(name)),
            Body::Object => ("application/json", json!({"type": "object"})),
            Body::Form(fields) => {
                let field = |(name, kind, text): &Parameter| {
                    (
                        (*name).to_owned(),
                        json!({"type": kind, "description": text}),
                    )
                };
                let fields: Map<String, Value> = fields.iter().map(field).collect();
                let schema = json!({
                    "type": "object", "properties": fields, "additionalProperties": true,
                });
                ("application/x-www-form-urlencoded", schema)
            }
        };
        Some(json!({"required": true, "content": {kind: {"schema": schema}}}))
    }

    fn responses(&self) -> Value {
        let mut responses = Map::new();
        let good = match self.answer {
            Answer::Redirect => json!({"description": "To the page."}),
            Answer::Json(name) => content("application/json", &reference(name)),
            Answer::Locust => content("application/json", &json!({"type": "object"})),
            Answer::Text(kind) => content(kind, &json!({"type": "string"})),
        };
        responses.insert(self.status.to_string(), good);
        for status in self.refusal_statuses() {
            responses.insert(status.to_string(), refusal(status, self.id));
        }
        Value::Object(responses)
    }

    fn refusal_statuses(&self) -> Vec<u16> {
        let mut statuses = vec![401, 403, 421];
        statuses.extend(self.refusals);
        if self.is_ours() {
            let has_body = !matches!(self.body, Body::Nothing);
            let has_place = self.path.contains('{');
            if has_body || has_place || !self.query.is_empty() {
                statuses.push(400);
            }
            if has_body {
                statuses.extend([413, 415]);
            }
            if has_place {
                statuses.push(404);
            }
        }
        statuses
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn content(kind: &str, schema: &Value) -> Value {
    json!({"description": "Done.", "content": {kind: {"schema": schema}}})
}

/// An answer that says no. Two of them may also be a question.
fn refusal(status: u16, id: &str) -> Value {
    let text = match status {
        400 => "The request says what cannot be.",
        401 => "Nobody has signed in.",
        403 => "Not for this viewer, or a page of another site has sent it.",
        404 => "There is no such thing.",
        409 => "Not now, or a person has to confirm it.",
        413 => "The body is too large.",
        415 => "The body is no JSON.",
        422 => "The file is no report.",
        507 => "The disk is full.",
        421 => "The server is asked for by a name that is not its own.",
        429 => "Too many attempts.",
        503 => "The test is being loaded, or ends.",
        _ => "The test is too busy to answer in time.",
    };
    let problem = reference("Problem");
    let schema = if status == 409 && matches!(id, "start" | "users") {
        json!({"oneOf": [reference("ConfirmRequired"), problem]})
    } else {
        problem
    };
    json!({"description": text, "content": {"application/json": {"schema": schema}}})
}
