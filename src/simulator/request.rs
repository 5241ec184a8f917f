//! A request as the look-alike sees it: read whole, its parameters decoded.

use percent_encoding::percent_decode_str;

/// One request.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub method: String,
    pub path: String,
    /// Names in lower case; a value that is not ASCII text is left out.
    pub headers: Vec<(String, String)>,
    /// The parameters of the query, decoded, in the order sent.
    pub query: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The parameters, wherever they travel: query, form or JSON body.
    pub fn params(&self) -> Vec<(String, String)> {
        let mut params = self.query.clone();
        if self.is_json() {
            params.extend(json_params(&self.body));
        } else {
            params.extend(self.form());
        }
        params
    }

    /// The parameters of a form in the body; none when the body is something else.
    pub fn form(&self) -> Vec<(String, String)> {
        let form = self
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let text = std::str::from_utf8(&self.body).unwrap_or_default();
        if form { decode_params(text) } else { Vec::new() }
    }

    fn is_json(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.starts_with("application/json"))
    }
}

/// Decodes `a=1&b=x%20y`; a plus sign is a space, as Duo's Python client sends it.
pub(super) fn decode_params(text: &str) -> Vec<(String, String)> {
    let decode =
        |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn json_params(body: &[u8]) -> Vec<(String, String)> {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_slice(body) else {
        return Vec::new();
    };
    fields
        .into_iter()
        .map(|(name, value)| match value {
            serde_json::Value::String(text) => (name, text),
            other => (name, other.to_string()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_with_plus_as_space() {
        let expected = [("a", "1,x"), ("b", "x y"), ("b", ""), ("c", "")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(decode_params("a=1%2Cx&b=x+y&b=&c"), expected);
    }
}
