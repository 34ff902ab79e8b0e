//! `GET /docs`: the OpenAPI document as a page to read. Made on the server from the document, without scripts or foreign hosts.
use super::document::document;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;

const STYLE: &str = include_str!("docs.css");

pub(super) async fn serve() -> impl IntoResponse {
    let style = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!("default-src 'none'; style-src 'sha256-{style}'; frame-ancestors 'none'");
    (
        [(header::CONTENT_SECURITY_POLICY, policy)],
        Html(page(&document())),
    )
}

/// The page.
fn page(document: &Value) -> String {
    let mut html = String::new();
    let title = text(&document["info"]["title"]);
    html.push_str("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    let _ = write!(
        html,
        "<title>{title} API</title><style>{STYLE}</style></head><body><main><h1>{title} API</h1>"
    );
    for paragraph in document["info"]["description"]
        .as_str()
        .unwrap_or_default()
        .split("\n\n")
    {
        let _ = write!(html, "<p>{}</p>", marked(paragraph));
    }
    html.push_str("<p><a href=\"/openapi.json\">The document itself (OpenAPI)</a></p>");
    for tag in document["tags"].as_array().into_iter().flatten() {
        let _ = write!(html, "<h2>{}</h2>", text(&tag["description"]));
        for (path, method, operation) in operations(document) {
            if operation["tags"][0] == tag["name"] {
                write_operation(&mut html, path, method, operation);
            }
        }
    }
    html.push_str("<h2>Bodies</h2>");
    for (name, schema) in document["components"]["schemas"]
        .as_object()
        .into_iter()
        .flatten()
    {
        write_schema(&mut html, name, schema);
    }
    html.push_str("</main></body></html>");
    html
}

fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        item.as_object()
            .into_iter()
            .flatten()
            .map(move |(method, operation)| (path, method, operation))
    })
}

fn write_operation(html: &mut String, path: &str, method: &str, operation: &Value) {
    let (verb, path) = (method.to_uppercase(), escaped(path));
    let _ = write!(
        html,
        "<section><h3><span class=\"verb\">{verb}</span> <code>{path}</code></h3>"
    );
    for field in ["summary", "description"] {
        if let Some(words) = operation[field].as_str() {
            let _ = write!(html, "<p>{}</p>", marked(words));
        }
    }
    let parameters = operation["parameters"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if !parameters.is_empty() {
        html.push_str(
            "<table><thead><tr><th>Parameter</th><th>In</th><th>Meaning</th></tr></thead><tbody>",
        );
        for parameter in parameters {
            let (name, place) = (text(&parameter["name"]), text(&parameter["in"]));
            let needed = if parameter["required"] == true {
                " (needed)"
            } else {
                ""
            };
            let meaning = marked(parameter["description"].as_str().unwrap_or_default());
            let _ = write!(
                html,
                "<tr><td><code>{name}</code>{needed}</td><td>{place}</td><td>{meaning}</td></tr>"
            );
        }
        html.push_str("</tbody></table>");
    }
    let body = &operation["requestBody"]["content"]["application/json"];
    if body.is_object() {
        let _ = write!(html, "<p>Body: {}</p>", schema_name(&body["schema"]));
        write_example(html, &body["example"]);
    }
    html.push_str(
        "<table><thead><tr><th>Status</th><th>Meaning</th><th>Body</th></tr></thead><tbody>",
    );
    let mut example = &Value::Null;
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let content = &response["content"]["application/json"];
        let meaning = marked(response["description"].as_str().unwrap_or_default());
        let _ = write!(
            html,
            "<tr><td>{}</td><td>{meaning}</td><td>{}</td></tr>",
            escaped(status),
            schema_name(&content["schema"])
        );
        if status.starts_with('2') {
            example = &content["example"];
        }
    }
    html.push_str("</tbody></table>");
    write_example(html, example);
    html.push_str("</section>");
}

fn write_schema(html: &mut String, name: &str, schema: &Value) {
    let name = escaped(name);
    let _ = write!(html, "<section id=\"{name}\"><h3><code>{name}</code></h3>");
    if let Some(words) = schema["description"].as_str() {
        let _ = write!(html, "<p>{}</p>", marked(words));
    }
    let one_of = schema["oneOf"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    for part in std::iter::once(schema).chain(one_of) {
        write_properties(html, part);
    }
    let words = schema["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|word| format!("<code>{}</code>", text(word)));
    let words: Vec<String> = words.collect();
    if !words.is_empty() {
        let _ = write!(html, "<p>One of {}</p>", words.join(", "));
    }
    html.push_str("</section>");
}

fn write_properties(html: &mut String, schema: &Value) {
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    html.push_str(
        "<table><thead><tr><th>Field</th><th>Type</th><th>Meaning</th></tr></thead><tbody>",
    );
    for (field, property) in properties {
        let needed = schema["required"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one == field));
        let optional = if needed { "" } else { " (optional)" };
        let meaning = marked(property["description"].as_str().unwrap_or_default());
        let (field, kind) = (escaped(field), schema_name(property));
        let _ = write!(
            html,
            "<tr><td><code>{field}</code>{optional}</td><td>{kind}</td><td>{meaning}</td></tr>"
        );
    }
    html.push_str("</tbody></table>");
}

/// A schema in a word or two, with a link if it has a name.
fn schema_name(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
        let name = escaped(name);
        return format!("<a href=\"#{name}\">{name}</a>");
    }
    if let Some(parts) = schema["oneOf"]
        .as_array()
        .or_else(|| schema["allOf"].as_array())
    {
        let names: Vec<String> = parts
            .iter()
            .filter(|part| part["type"] != "null")
            .map(schema_name)
            .collect();
        return names.join(" or ");
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words
            .iter()
            .map(|word| format!("<code>{}</code>", text(word)))
            .collect();
        return words.join(" ");
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => {
            format!("list of {}", schema_name(&schema["items"]))
        }
        Value::String(kind) => escaped(kind),
        Value::Array(kinds) => {
            let kinds: Vec<String> = kinds
                .iter()
                .filter(|kind| *kind != "null")
                .map(text)
                .collect();
            kinds.join(" or ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => String::new(),
    }
}

fn write_example(html: &mut String, example: &Value) {
    if !example.is_null() {
        let pretty = serde_json::to_string_pretty(example).unwrap_or_default();
        let _ = write!(html, "<pre>{}</pre>", escaped(&pretty));
    }
}

fn text(value: &Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Escaped text, with `code` between backticks as such.
fn marked(words: &str) -> String {
    let parts = words.split('`').enumerate();
    parts
        .map(|(index, part)| {
            if index % 2 == 1 {
                format!("<code>{}</code>", escaped(part))
            } else {
                escaped(part)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_and_body_is_on_the_page() {
        let document = document();
        let page = page(&document);
        for (path, method, _) in operations(&document) {
            let heading = format!(
                "<span class=\"verb\">{}</span> <code>{}</code>",
                method.to_uppercase(),
                escaped(path)
            );
            assert!(page.contains(&heading), "{heading}");
        }
        for name in document["components"]["schemas"]
            .as_object()
            .unwrap()
            .keys()
        {
            assert!(page.contains(&format!("id=\"{name}\"")), "{name}");
        }
    }

    #[test]
    fn the_page_needs_nobody_else() {
        let page = page(&document());
        // Addresses may stand in its words; nothing is loaded from one.
        for loads in [
            "<script",
            "src=\"http",
            "href=\"http",
            "url(http",
            "@import",
        ] {
            assert!(!page.contains(loads), "{loads}");
        }
    }

    #[test]
    fn words_are_escaped() {
        assert_eq!(marked("a<b> `c<d`"), "a&lt;b&gt; <code>c&lt;d</code>");
    }
}
