//! How one operation is described: what it takes, what it answers, and every problem that it may answer. What follows
//! from the way all handlers work (the body, the list, the key) is written down here, once.

use std::collections::BTreeMap;

use utoipa::ToSchema;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::Example;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, Parameter, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{AllOfBuilder, ArrayBuilder, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{KnownFormat, Ref, RefOr, Required, Response, ResponseBuilder, Schema};

use super::parameters::{parameter, path_parameter};
use crate::http::problems::problem_kind;

/// A schema and its name.
pub(super) type Named = (String, RefOr<Schema>);

/// One operation, being described.
pub(super) struct Described {
    /// The method.
    pub(super) method: HttpMethod,
    /// The address.
    pub(super) path: &'static str,
    /// Its name, which is its place on the page too.
    pub(super) id: &'static str,
    /// The schemas that it refers to.
    pub(super) schemas: Vec<Named>,
    operation: OperationBuilder,
    parameters: Vec<Parameter>,
    body: Option<RequestBody>,
    answers: Vec<(u16, ResponseBuilder)>,
    problems: BTreeMap<u16, Vec<&'static str>>,
    is_repeatable: bool,
}

/// What an operation is called and where it is.
pub(super) fn describe(
    method: HttpMethod,
    path: &'static str,
    names: (&str, &'static str),
    summary: &str,
) -> Described {
    let (tag, id) = names;
    let mut described = Described {
        method,
        path,
        id,
        schemas: Vec::new(),
        operation: OperationBuilder::new().tag(tag).operation_id(Some(id)).summary(Some(summary)),
        parameters: Vec::new(),
        body: None,
        answers: Vec::new(),
        problems: BTreeMap::new(),
        is_repeatable: false,
    };
    for name in path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
        described.parameters.push(path_parameter(name));
    }
    described.refuses(&["internal"])
}

impl Described {
    /// What else there is to say.
    pub(super) fn about(mut self, text: &str) -> Self {
        self.operation = self.operation.description(Some(text));
        self
    }

    /// Needs a bearer token.
    pub(super) fn signed_in(mut self) -> Self {
        self.operation = self.operation.security(SecurityRequirement::new("bearer", Vec::<String>::new()));
        self.refuses(&["unauthenticated"]).stored()
    }

    /// Asks the database.
    pub(super) fn stored(self) -> Self {
        self.refuses(&["unavailable"])
    }

    /// Takes a JSON body.
    pub(super) fn takes<T: ToSchema>(mut self) -> Self {
        let schema = self.learn::<T>();
        self.body = Some(json_body(schema, "application/json").required(Some(Required::True)).build());
        self.reads_json()
    }

    /// Takes a JSON Merge Patch.
    pub(super) fn takes_patch<T: ToSchema>(mut self) -> Self {
        let schema = self.learn::<T>();
        let body = json_body(schema.clone(), "application/merge-patch+json");
        let json = ContentBuilder::new().schema(Some(schema)).build();
        self.body = Some(body.content("application/json", json).build());
        self.reads_json()
    }

    /// Takes a JSON body of which no field is needed: nothing at all means `{}`.
    pub(super) fn may_take<T: ToSchema>(mut self) -> Self {
        let schema = self.learn::<T>();
        self.body = Some(json_body(schema, "application/json").description(Some("Nothing at all means `{}`.")).build());
        self.reads_json()
    }

    /// Takes nothing, or `{}`.
    pub(super) fn takes_nothing(mut self) -> Self {
        let nothing = object().max_properties(Some(0)).description(Some("No field is known."));
        let body = json_body(nothing.into(), "application/json").description(Some("Nothing at all means `{}`."));
        self.body = Some(body.build());
        self.reads_json()
    }

    /// Takes a body of another kind.
    pub(super) fn takes_other(mut self, body: RequestBody) -> Self {
        self.body = Some(body);
        self.refuses(&["bad_request", "body_too_large"])
    }

    fn reads_json(self) -> Self {
        self.refuses(&["bad_request", "malformed_json", "body_too_large", "unsupported_media_type", "invalid_fields"])
    }

    /// Honors an idempotency key.
    pub(super) fn once(self) -> Self {
        self.with_key(Required::False, "Makes repeating the request safe: the first answer comes again.")
    }

    /// Needs an idempotency key.
    pub(super) fn only_once(self) -> Self {
        self.with_key(Required::True, "The same key is the same intention: repeating it moves no money twice.")
            .refuses(&["idempotency_key_required"])
    }

    fn with_key(mut self, required: Required, about: &str) -> Self {
        let schema = text().min_length(Some(1)).max_length(Some(64)).pattern(Some("^[!-~]{1,64}$"));
        let key = parameter("Idempotency-Key", ParameterIn::Header, about).schema(Some(schema)).required(required);
        self.parameters.push(key.build());
        self.is_repeatable = true;
        self.refuses(&["invalid_idempotency_key", "idempotency_key_reused", "request_in_progress"])
    }

    /// Takes a parameter in the query.
    pub(super) fn query(self, name: &str, schema: impl Into<RefOr<Schema>>, about: &str) -> Self {
        self.page_query(name, schema, about).refuses(&["invalid_query"])
    }

    /// Takes a parameter in the query of a page, which is read as well as it can be.
    pub(super) fn page_query(mut self, name: &str, schema: impl Into<RefOr<Schema>>, about: &str) -> Self {
        self.parameters.push(parameter(name, ParameterIn::Query, about).schema(Some(schema)).build());
        self
    }

    /// Takes one of the words of `T` in the query.
    pub(super) fn query_word<T: ToSchema>(mut self, name: &str, about: &str) -> Self {
        let schema = self.learn::<T>();
        self.query(name, schema, about)
    }

    /// Takes a header.
    pub(super) fn header(mut self, name: &str, about: &str) -> Self {
        self.parameters.push(parameter(name, ParameterIn::Header, about).schema(Some(text())).build());
        self
    }

    /// Answers JSON.
    pub(super) fn answers<T: ToSchema>(mut self, status: u16, about: &str) -> Self {
        let schema = self.learn::<T>();
        self.answers_json(status, about, schema)
    }

    /// Answers JSON of this form.
    pub(super) fn answers_json(mut self, status: u16, about: &str, schema: RefOr<Schema>) -> Self {
        let content = ContentBuilder::new().schema(Some(schema)).build();
        self.answers.push((status, ResponseBuilder::new().description(about).content("application/json", content)));
        self
    }

    /// Answers with events whose data is JSON of this form, until somebody leaves.
    pub(super) fn streams<T: ToSchema>(mut self, about: &str) -> Self {
        let answer = ResponseBuilder::new().description(format!("{about} The `data` of each server-sent event."));
        let content = ContentBuilder::new().schema(Some(self.learn::<T>())).build();
        self.answers.push((200, answer.content("text/event-stream", content)));
        self.refuses(&["overloaded"])
    }

    /// May be asked again with the tag of the answer one has.
    pub(super) fn with_tag(self) -> Self {
        let tagged = self.header("If-None-Match", "The `ETag` of the copy one has.").with_header("ETag");
        tagged.answers_nothing(304, "The copy is still good.").with_header("ETag")
    }

    /// Answers one page of a list.
    pub(super) fn lists<T: ToSchema>(mut self, about: &str) -> Self {
        let item = self.learn::<T>();
        let name = format!("{}List", T::name());
        let cursor = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("Where the next page begins; null when there is none."));
        let page = object()
            .description(Some(format!("One page of a list of {}.", T::name())))
            .property("results", ArrayBuilder::new().items(item).description(Some("The rows of this page.")))
            .required("results")
            .property("next_cursor", cursor)
            .required("next_cursor");
        self.schemas.push((name.clone(), page.into()));
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(name))).build();
        let answer = ResponseBuilder::new().description(about).content("application/json", content);
        self.answers.push((200, answer.header_ref("Link", header_ref("Link"))));
        let limit = ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::Integer))
            .minimum(Some(1))
            .maximum(Some(100))
            .default(Some(25.into()));
        self.query("limit", limit, "How many rows a page has at most.")
            .query("cursor", text(), "Where the page begins: `next_cursor` of the page before.")
            .refuses(&["invalid_limit", "invalid_cursor", "invalid_query"])
    }

    /// Answers a file that is saved rather than shown.
    pub(super) fn answers_file(mut self, content_type: &str, about: &str) -> Self {
        let bytes = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
        let content = ContentBuilder::new().schema(Some(bytes)).build();
        self.answers.push((200, ResponseBuilder::new().description(about).content(content_type, content)));
        self
    }

    /// Answers without a body.
    pub(super) fn answers_nothing(mut self, status: u16, about: &str) -> Self {
        self.answers.push((status, ResponseBuilder::new().description(about)));
        self
    }

    /// Answers a page for people.
    pub(super) fn shows(mut self, status: u16, about: &str) -> Self {
        let content = ContentBuilder::new().schema(Some(text())).build();
        self.answers.push((status, ResponseBuilder::new().description(about).content("text/html", content)));
        self
    }

    /// The newest answer has this header.
    pub(super) fn with_header(mut self, name: &str) -> Self {
        if let Some((status, answer)) = self.answers.pop() {
            self.answers.push((status, answer.header_ref(name, header_ref(name))));
        }
        self
    }

    /// Answers these problems, each with its own status.
    pub(super) fn refuses(mut self, codes: &[&'static str]) -> Self {
        for code in codes {
            let status = problem_kind(code).map_or(500, |kind| kind.status);
            self = self.refuses_as(status, code);
        }
        self
    }

    /// Answers a problem with another status than its own.
    pub(super) fn refuses_as(mut self, status: u16, code: &'static str) -> Self {
        let codes = self.problems.entry(status).or_default();
        if !codes.contains(&code) {
            codes.push(code);
        }
        self
    }

    fn learn<T: ToSchema>(&mut self) -> RefOr<Schema> {
        self.schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(&mut self.schemas);
        Ref::from_schema_name(T::name()).into()
    }

    /// True when it may answer this problem.
    pub(super) fn may_refuse(&self, code: &str) -> bool {
        self.problems.values().flatten().any(|known| *known == code)
    }

    /// The method in capitals.
    pub(super) fn method_name(&self) -> &'static str {
        match self.method {
            HttpMethod::Get => "GET",
            HttpMethod::Post => "POST",
            HttpMethod::Put => "PUT",
            HttpMethod::Patch => "PATCH",
            HttpMethod::Delete => "DELETE",
            HttpMethod::Options | HttpMethod::Head | HttpMethod::Trace => "",
        }
    }

    /// The operation as the document has it.
    pub(super) fn build(self) -> Operation {
        let mut operation = self.operation.request_body(self.body);
        for parameter in self.parameters {
            operation = operation.parameter(parameter);
        }
        let shown: Vec<u16> = self.answers.iter().map(|(status, _)| *status).collect();
        for (status, mut answer) in self.answers {
            if self.is_repeatable {
                answer = answer.header_ref("Idempotency-Replayed", header_ref("Idempotency-Replayed"));
            }
            let problems = self.problems.get(&status).map(Vec::as_slice).unwrap_or_default();
            let answer = answer.header_ref("X-Request-Id", header_ref("X-Request-Id")).build();
            operation = operation.response(status.to_string(), with_problems(answer, problems));
        }
        for (status, codes) in self.problems.iter().filter(|(status, _)| !shown.contains(status)) {
            operation = operation.response(status.to_string(), problem_answer(*status, codes));
        }
        operation.build()
    }
}

/// A problem as an answer. One that is alone is written down once for all operations.
fn problem_answer(status: u16, codes: &[&'static str]) -> RefOr<Response> {
    match codes {
        [code] if problem_kind(code).is_some_and(|kind| kind.status == status) => Ref::from_response_name(*code).into(),
        codes => {
            let mut answer = ResponseBuilder::new().description(words_of(codes));
            for name in headers_of(status) {
                answer = answer.header_ref(*name, header_ref(name));
            }
            with_problems(answer.build(), codes).into()
        }
    }
}

/// What one code answers, wherever it stands alone.
pub(super) fn lonely_problem(status: u16, code: &'static str) -> Response {
    let mut answer = ResponseBuilder::new().description(words_of(&[code]));
    for name in headers_of(status) {
        answer = answer.header_ref(*name, header_ref(name));
    }
    with_problems(answer.build(), &[code])
}

/// A status that may also be answered with problems, beside a page for people.
fn with_problems(mut answer: Response, codes: &[&'static str]) -> Response {
    if codes.is_empty() {
        return answer;
    }
    let code = text().enum_values(Some(codes.iter().copied()));
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name("Problem"))
        .item(object().property("code", code).required("code"));
    let example =
        |code: &&'static str| (*code, RefOr::<Example>::Ref(Ref::new(format!("#/components/examples/{code}"))));
    let content = ContentBuilder::new().schema(Some(schema)).examples_from_iter(codes.iter().map(example)).build();
    if !answer.content.is_empty() {
        answer.description = format!("{} {}", answer.description, words_of(codes));
    }
    answer.content.insert("application/problem+json".to_owned(), content.into());
    answer
}

fn words_of(codes: &[&str]) -> String {
    let words = |code: &&str| format!("`{code}`: {}", problem_kind(code).map_or("", |kind| kind.en.meaning));
    codes.iter().map(words).collect::<Vec<_>>().join(" ")
}

fn headers_of(status: u16) -> &'static [&'static str] {
    match status {
        401 => &["X-Request-Id", "Content-Language", "WWW-Authenticate"],
        429 | 503 => &["X-Request-Id", "Content-Language", "Retry-After"],
        _ => &["X-Request-Id", "Content-Language"],
    }
}

fn header_ref(name: &str) -> Ref {
    Ref::new(format!("#/components/headers/{name}"))
}

fn json_body(schema: RefOr<Schema>, content_type: &str) -> RequestBodyBuilder {
    RequestBodyBuilder::new().content(content_type, ContentBuilder::new().schema(Some(schema)).build())
}

/// A text.
pub(super) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String))
}

/// An id.
pub(super) fn id() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
}

/// True or false.
pub(super) fn flag() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::Boolean))
}

fn object() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::Object))
}
