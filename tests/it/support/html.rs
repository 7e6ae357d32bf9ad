//! Reads our own pages: enough of HTML to find forms and texts, and to see that a page is sound for everybody who reads
//! it, with eyes, ears or fingers.

use std::collections::{BTreeMap, BTreeSet};

/// A piece of a page, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Open(String, BTreeMap<String, String>),
    Close(String),
    Text(String),
}

/// Tags that have no end.
const VOID: [&str; 6] = ["meta", "link", "input", "br", "hr", "img"];

/// Tags that must say something.
const SAYING: [&str; 17] = [
    "h1", "h2", "h3", "h4", "p", "a", "button", "label", "dt", "dd", "li", "th", "title", "summary", "legend",
    "option", "caption",
];

fn plain(text: &str) -> String {
    let mut text = text.to_owned();
    for (escaped, plain) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#34;", "\""),
        ("&#60;", "<"),
        ("&#62;", ">"),
    ] {
        text = text.replace(escaped, plain);
    }
    text.replace("&#38;", "&").replace("&amp;", "&").replace('\u{a0}', " ")
}

/// The pieces of a page.
pub(crate) fn pieces(html: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let text = plain(rest[..at].trim());
        if !text.is_empty() {
            found.push(Piece::Text(text));
        }
        let tag = &rest[at + 1..];
        let end = tag_end(tag);
        let (inside, after) = (&tag[..end], &tag[end + 1..]);
        rest = after;
        if inside.starts_with('!') {
            continue;
        }
        match inside.strip_prefix('/') {
            Some(name) => found.push(Piece::Close(name.trim().to_lowercase())),
            None => {
                let (name, attributes) = read_tag(inside);
                found.push(Piece::Open(name, attributes));
            }
        }
    }
    found
}

// A `>` between quotes ends nothing.
fn tag_end(tag: &str) -> usize {
    let mut is_quoted = false;
    for (at, letter) in tag.char_indices() {
        match letter {
            '"' => is_quoted = !is_quoted,
            '>' if !is_quoted => return at,
            _ => {}
        }
    }
    panic!("a tag without an end: {tag:.80}");
}

fn read_tag(inside: &str) -> (String, BTreeMap<String, String>) {
    let inside = inside.trim_end_matches('/').trim();
    let (name, mut rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return (name.to_lowercase(), attributes);
        }
        let end = rest.find(|letter: char| letter == '=' || letter.is_whitespace()).unwrap_or(rest.len());
        let attribute = rest[..end].to_lowercase();
        rest = &rest[end..];
        let value = match rest.strip_prefix("=\"") {
            Some(quoted) => {
                let (value, after) = quoted.split_once('"').expect("a quoted value");
                rest = after;
                plain(value)
            }
            None => {
                assert!(!rest.starts_with('='), "a value without quotes in <{inside}>");
                String::new()
            }
        };
        assert!(attributes.insert(attribute.clone(), value).is_none(), "{attribute} twice in <{inside}>");
    }
}

/// What a reader sees of a page, in order: its texts, and what labels say to ears alone.
pub(crate) fn said(html: &str) -> Vec<String> {
    let mut said = Vec::new();
    for piece in pieces(html) {
        match piece {
            Piece::Text(text) => said.push(text),
            Piece::Open(_, attributes) => said.extend(attributes.get("aria-label").cloned()),
            Piece::Close(_) => {}
        }
    }
    said
}

/// The fields that a form sends if nobody touches it.
pub(crate) fn form_fields(html: &str, action: &str) -> Option<Vec<(String, String)>> {
    let mut fields: Option<Vec<(String, String)>> = None;
    let (mut area, mut select): (Option<String>, Option<String>) = (None, None);
    for piece in pieces(html) {
        match piece {
            Piece::Open(tag, attributes) if tag == "form" => {
                if attributes.get("action").is_some_and(|its| its == action) {
                    fields = Some(Vec::new());
                }
            }
            Piece::Close(tag) if tag == "form" && fields.is_some() => return fields,
            Piece::Open(tag, attributes) => {
                let Some(fields) = &mut fields else { continue };
                let value = |or: &str| attributes.get("value").cloned().unwrap_or_else(|| or.to_owned());
                let name = attributes.get("name").cloned();
                match tag.as_str() {
                    "input" => {
                        let kind = attributes.get("type").map(String::as_str).unwrap_or("text");
                        let is_sent = !matches!(kind, "checkbox" | "radio") || attributes.contains_key("checked");
                        let or = if kind == "checkbox" { "on" } else { "" };
                        fields.extend(name.filter(|_| is_sent).map(|name| (name, value(or))));
                    }
                    "textarea" => {
                        fields.extend(name.clone().map(|name| (name, String::new())));
                        area = name;
                    }
                    "select" => select = name,
                    "option" if attributes.contains_key("selected") => {
                        fields.extend(select.clone().map(|name| (name, value(""))));
                    }
                    _ => {}
                }
            }
            Piece::Text(text) => {
                if let (Some(fields), Some(_)) = (&mut fields, &area)
                    && let Some(last) = fields.last_mut()
                {
                    last.1 = text;
                }
            }
            Piece::Close(tag) => match tag.as_str() {
                "textarea" => area = None,
                "select" => select = None,
                _ => {}
            },
        }
    }
    None
}

/// Fails unless the page is sound: one main heading and no gap below it, nothing empty, every field with a label, every
/// reference to something that is there, tags that close in order, and nothing that our own policy forbids.
#[track_caller]
pub(crate) fn assert_sound(html: &str) {
    let wrong = faults(html);
    assert!(wrong.is_empty(), "{wrong:#?}\n{html}");
}

fn faults(html: &str) -> Vec<String> {
    let pieces = pieces(html);
    let mut wrong = Vec::new();
    let mut open: Vec<(String, bool)> = Vec::new();
    let (mut ids, mut meant, mut labelled) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
    let (mut unlabelled, mut headings) = (Vec::new(), Vec::new());
    for piece in &pieces {
        match piece {
            Piece::Open(tag, attributes) => {
                forbidden(tag, attributes, &mut wrong);
                if let Some(id) = attributes.get("id")
                    && !ids.insert(id.clone())
                {
                    wrong.push(format!("two things are called {id}"));
                }
                for name in ["aria-describedby", "aria-labelledby", "for", "list"] {
                    meant.extend(attributes.get(name).into_iter().flat_map(|ids| ids.split(' ')).map(str::to_owned));
                }
                if let Some(id) = attributes.get("for") {
                    labelled.insert(id.clone());
                }
                let is_field = matches!(tag.as_str(), "select" | "textarea")
                    || tag == "input" && attributes.get("type").is_none_or(|kind| kind != "hidden");
                let inside_label = open.iter().any(|(tag, _)| tag == "label");
                if is_field && !inside_label && !attributes.contains_key("aria-label") {
                    unlabelled.push(attributes.get("id").cloned().unwrap_or_else(|| format!("{attributes:?}")));
                }
                if let Some(level) = tag.strip_prefix('h').and_then(|level| level.parse::<usize>().ok()) {
                    headings.push(level);
                }
                if !VOID.contains(&tag.as_str()) {
                    open.push((tag.clone(), attributes.get("aria-label").is_some_and(|label| !label.is_empty())));
                }
                if tag == "input" {
                    open.iter_mut().for_each(|(_, says)| *says = true);
                }
            }
            Piece::Text(_) => open.iter_mut().for_each(|(_, says)| *says = true),
            Piece::Close(tag) => match open.pop() {
                Some((last, says)) if last == *tag => {
                    if !says && SAYING.contains(&tag.as_str()) {
                        wrong.push(format!("an empty <{tag}>"));
                    }
                }
                last => wrong.push(format!("</{tag}> ends {last:?}")),
            },
        }
    }
    wrong.extend(open.iter().map(|(tag, _)| format!("<{tag}> has no end")));
    wrong.extend(meant.into_iter().filter(|id| !ids.contains(id)).map(|id| format!("nothing is called {id}")));
    wrong.extend(unlabelled.into_iter().filter(|id| !labelled.contains(id)).map(|id| format!("no label for {id}")));
    if headings.iter().filter(|level| **level == 1).count() != 1 {
        wrong.push(format!("one main heading, not {headings:?}"));
    }
    for pair in headings.windows(2) {
        if pair[1] > pair[0] + 1 {
            wrong.push(format!("a gap in the headings {headings:?}"));
        }
    }
    for must in ["<html lang=\"", "<title>", "<main id=\"main\"", "name=\"viewport\""] {
        if !html.contains(must) {
            wrong.push(format!("{must} is missing"));
        }
    }
    wrong
}

// What the pages' own policy would not let through, or what leads out of the house.
fn forbidden(tag: &str, attributes: &BTreeMap<String, String>, wrong: &mut Vec<String>) {
    for (name, value) in attributes {
        if name == "style" || name.starts_with("on") {
            wrong.push(format!("<{tag} {name}>"));
        }
        if name == "src" && !value.starts_with('/') {
            wrong.push(format!("<{tag}> loads {value}"));
        }
    }
    if tag == "link" && !attributes.get("href").is_some_and(|href| href.starts_with('/')) {
        wrong.push(format!("<link {attributes:?}>"));
    }
    if tag == "script" && !attributes.contains_key("src") {
        wrong.push("a script within the page".to_owned());
    }
    if tag == "a" && !attributes.contains_key("href") {
        wrong.push("a link that leads nowhere".to_owned());
    }
    if tag == "form" && attributes.get("action").is_none_or(String::is_empty) {
        wrong.push("a form without an address".to_owned());
    }
    if tag == "button" && !attributes.contains_key("type") {
        wrong.push("a button that does not say what it does".to_owned());
    }
}

#[test]
fn the_check_sees_what_is_wrong() {
    let page = |main: &str| {
        format!(
            "<!doctype html><html lang=\"nb\"><head><meta name=\"viewport\" content=\"x\"><title>T</title></head>\
             <body><main id=\"main\"><h1>A &amp; B</h1>{main}</main></body></html>"
        )
    };
    assert_eq!(faults(&page("<p>a</p>")), Vec::<String>::new());
    for (main, count) in [
        ("<h1>B</h1>", 1),
        ("<h3>B</h3>", 1),
        ("<p></p>", 1),
        ("<p> </p>", 1),
        ("<p>a", 4),
        ("<input name=\"a\">", 1),
        ("<input name=\"a\" type=\"hidden\">", 0),
        ("<label>A <input name=\"a\"></label>", 0),
        ("<label for=\"a\">A</label><input id=\"a\">", 0),
        ("<label for=\"a\">A</label><input id=\"b\">", 2),
        ("<b id=\"a\">A</b><b id=\"a\">B</b>", 1),
        ("<b style=\"a\">A</b>", 1),
        ("<script src=\"https://a\"></script>", 1),
        ("<a>A</a>", 1),
        ("<form><button>A</button></form>", 2),
    ] {
        assert_eq!(faults(&page(main)).len(), count, "{main}: {:?}", faults(&page(main)));
    }
    assert_eq!(said("<h1>A &amp; B</h1><nav aria-label=\"C\"></nav>"), ["A & B", "C"]);
    let form = "<form action=\"/a\"><input name=\"b\" value=\"1\"><input type=\"checkbox\" name=\"c\" checked>\
                <input type=\"checkbox\" name=\"d\"><textarea name=\"e\">x y</textarea>\
                <select name=\"f\"><option value=\"1\">A</option><option value=\"2\" selected>B</option></select></form>";
    let fields = form_fields(form, "/a").unwrap();
    let told: Vec<String> = fields.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(told, ["b=1", "c=on", "e=x y", "f=2"]);
    assert_eq!(form_fields(form, "/b"), None);
}
