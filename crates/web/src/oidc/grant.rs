//! Who may do what: rules over what the provider says of somebody.

use serde_json::{Map, Value};

use crate::model::Role;

/// What the provider says of somebody: a token's content, or that of the userinfo endpoint.
pub(super) type Claims = Map<String, Value>;

/// Whom a rule names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    /// The person with this verified e-mail address, in lower case.
    Email(String),
    /// Everybody with a verified address in this domain, in lower case; domains below it are others.
    Domain(String),
    /// Everybody whose claim is this text, or a list that has it.
    Claim { name: String, value: String },
}

/// Rules for what somebody may do. Whom none of them names may do nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Grants {
    operators: Vec<Rule>,
    viewers: Vec<Rule>,
}

impl Grants {
    /// Reads both lists, with commas between rules: `anna@shop.example`, `@shop.example`,
    /// `groups=load-testers`.
    pub(super) fn parse(operators: &str, viewers: &str) -> Result<Self, String> {
        let grants = Self {
            operators: rules(operators)?,
            viewers: rules(viewers)?,
        };
        if grants == Self::default() {
            let text = "nobody could sign in: name people by --oidc-operators or --oidc-viewers";
            return Err(text.to_owned());
        }
        Ok(grants)
    }

    /// What somebody may do, by what each of these sources says; whoever is on both lists is an
    /// operator.
    pub(super) fn role_of(&self, sources: &[&Claims]) -> Option<Role> {
        let is_named = |rules: &[Rule]| {
            let mut pairs = rules
                .iter()
                .flat_map(|rule| sources.iter().map(move |source| (rule, *source)));
            pairs.any(|(rule, claims)| rule.names(claims))
        };
        if is_named(&self.operators) {
            Some(Role::Operator)
        } else if is_named(&self.viewers) {
            Some(Role::ReadOnly)
        } else {
            None
        }
    }
}

impl Rule {
    fn parse(text: &str) -> Result<Self, String> {
        if let Some((name, value)) = text.split_once('=') {
            let (name, value) = (name.trim(), value.trim());
            if name.is_empty() || value.is_empty() {
                return Err(format!("`{text}` is no rule: a claim and its value"));
            }
            // By a claim, an address would be believed that nobody has verified.
            if name == "email" {
                return Err(format!("`{text}` is no rule: write the address by itself"));
            }
            return Ok(Self::Claim {
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
        match text.rsplit_once('@') {
            Some(("", domain)) if !domain.is_empty() => {
                Ok(Self::Domain(domain.to_ascii_lowercase()))
            }
            Some((name, domain)) if !domain.is_empty() && !name.contains('@') => {
                Ok(Self::Email(text.to_ascii_lowercase()))
            }
            _ => Err(format!(
                "`{text}` is no rule: an e-mail address, `@domain` or `claim=value`"
            )),
        }
    }

    fn names(&self, claims: &Claims) -> bool {
        let email = verified_email(claims);
        match self {
            Self::Email(address) => email.is_some_and(|email| email == *address),
            Self::Domain(domain) => email.is_some_and(|email| {
                let parts = email.split_once('@');
                parts.is_some_and(|(_, of)| of == domain)
            }),
            Self::Claim { name, value } => match claims.get(name) {
                Some(Value::String(text)) => text == value,
                Some(Value::Array(texts)) => texts.iter().any(|text| text == value),
                _ => false,
            },
        }
    }
}

fn rules(list: &str) -> Result<Vec<Rule>, String> {
    let texts = list.split(',').map(str::trim);
    texts
        .filter(|text| !text.is_empty())
        .map(Rule::parse)
        .collect()
}

/// The e-mail address in lower case, if the provider has verified it.
pub(super) fn verified_email(claims: &Claims) -> Option<String> {
    let is_verified = match claims.get("email_verified")? {
        Value::Bool(is_verified) => *is_verified,
        // Some providers write all values of userinfo as texts.
        Value::String(text) => text == "true",
        _ => false,
    };
    email(claims).filter(|_| is_verified)
}

/// The e-mail address in lower case, verified or not; `None` if it is none.
pub(super) fn email(claims: &Claims) -> Option<String> {
    let email = claims.get("email")?.as_str()?;
    let (name, domain) = email.split_once('@')?;
    let is_plain = !email.chars().any(|char| char.is_control() || char == ' ');
    let is_address = is_plain && !name.is_empty() && !domain.is_empty() && !domain.contains('@');
    is_address.then(|| email.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: &Value) -> Claims {
        value.as_object().unwrap().clone()
    }

    fn role(operators: &str, viewers: &str, value: &Value) -> Option<Role> {
        let grants = Grants::parse(operators, viewers).unwrap();
        grants.role_of(&[&claims(value)])
    }

    fn mail(address: &str) -> Value {
        json!({"email": address, "email_verified": true})
    }

    #[test]
    fn nobody_is_let_in_who_is_not_named() {
        let (operators, viewers) = ("anna@shop.example", "@shop.example, ben@home.example");
        let role = |address| role(operators, viewers, &mail(address));
        assert_eq!(role("Anna@Shop.Example"), Some(Role::Operator));
        assert_eq!(role("carl@shop.example"), Some(Role::ReadOnly));
        assert_eq!(role("ben@home.example"), Some(Role::ReadOnly));
        for other in [
            "ben@other.example",
            "x@sub.shop.example",
            "x@evilshop.example",
            "anna@shop.example@evil.example",
            "x@evil.example@shop.example",
            "anna@shop.example\n",
            "@shop.example",
            "shop.example",
            "",
        ] {
            assert_eq!(role(other), None, "{other}");
        }
    }

    #[test]
    fn an_address_counts_only_if_the_provider_has_verified_it() {
        for (verified, is_in) in [
            (json!(true), true),
            (json!("true"), true),
            (json!(false), false),
            (json!("false"), false),
            (json!(1), false),
            (json!(null), false),
        ] {
            let value = json!({"email": "anna@a.example", "email_verified": verified});
            let role = role("@a.example", "", &value);
            assert_eq!(role.is_some(), is_in, "{value}");
        }
        assert_eq!(
            role("@a.example", "", &json!({"email": "anna@a.example"})),
            None
        );
    }

    #[test]
    fn what_one_source_has_verified_does_not_verify_the_address_of_another() {
        let grants = Grants::parse("anna@a.example", "").unwrap();
        let own = claims(&json!({"email": "anna@a.example"}));
        let other = claims(&json!({"email": "eve@a.example", "email_verified": true}));
        let bare = claims(&json!({"email_verified": true}));
        assert_eq!(grants.role_of(&[&own, &other, &bare]), None);
    }

    #[test]
    fn a_claim_is_the_text_itself_or_a_list_with_it() {
        let role = |value| role("groups=load testers", "tier=gold", &value);
        assert_eq!(
            role(json!({"groups": ["x", "load testers"]})),
            Some(Role::Operator)
        );
        assert_eq!(
            role(json!({"groups": "load testers"})),
            Some(Role::Operator)
        );
        assert_eq!(role(json!({"tier": "gold"})), Some(Role::ReadOnly));
        for other in [
            json!({"groups": ["load"]}),
            json!({"groups": "load testers,x"}),
            json!({"groups": {"load testers": true}}),
            json!({"tier": "Gold"}),
            json!({}),
        ] {
            assert_eq!(role(other.clone()), None, "{other}");
        }
    }

    #[test]
    fn a_list_that_names_nobody_or_cannot_be_read_is_refused() {
        for (list, what) in [
            ("", "nobody could sign in"),
            (" , ", "nobody could sign in"),
            ("anna", "`anna` is no rule"),
            ("@", "`@` is no rule"),
            ("a@b@c", "`a@b@c` is no rule"),
            ("groups=", "a claim and its value"),
            ("email=anna@a.example", "write the address by itself"),
        ] {
            let error = Grants::parse(list, "").unwrap_err();
            assert!(error.contains(what), "{list}: {error}");
        }
    }
}
