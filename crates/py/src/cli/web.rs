//! The web page: where it listens, and whether it is there at all.

use super::option::{Kind, Opt};

/// Options under this heading.
pub(super) const OPTIONS: &[Opt] = &[
    Opt::of(
        Kind::Text,
        "web-host",
        "IP",
        "Address of the web page: `*` for all [default: this machine only]",
    )
    .env("LOCUST_WEB_HOST")
    .text(""),
    Opt::of(
        Kind::Text,
        "web-host-display-name",
        "NAME",
        "Address of the web page as it is logged",
    )
    .env("LOCUST_WEB_HOST_DISPLAY_NAME"),
    Opt::of(Kind::Integer, "web-port", "PORT", "Port of the web page")
        .short('P')
        .env("LOCUST_WEB_PORT")
        .integer(8089),
    Opt::flag("headless", "Start at once and without the web page").env("LOCUST_HEADLESS"),
    Opt::flag("autostart", "Start at once and show the web page").env("LOCUST_AUTOSTART"),
    Opt::of(
        Kind::Integer,
        "autoquit",
        "SECONDS",
        "Exit this long after a run of --autostart",
    )
    .env("LOCUST_AUTOQUIT")
    .integer(-1),
    Opt::flag("headful", "Show the web page in spite of --headless").env("LOCUST_HEADFUL"),
    Opt::of(
        Kind::Text,
        "web-auth",
        "USER:PASSWORD",
        "Replaced by --web-login",
    )
    .env("LOCUST_WEB_AUTH")
    .refused("Locust has replaced it with --web-login"),
    Opt::flag("web-login", "Have people sign in on this machine, too").env("LOCUST_WEB_LOGIN"),
    Opt::of(
        Kind::Text,
        "web-users",
        "FILE",
        "Who may sign in, a line each: `operator NAME PASSWORD` or `read-only …`",
    )
    .env("GREGARIA_WEB_USERS"),
    Opt::of(
        Kind::Text,
        "oidc-issuer",
        "URL",
        "OpenID Connect provider by which people can sign in",
    )
    .env("GREGARIA_OIDC_ISSUER"),
    Opt::of(
        Kind::Text,
        "oidc-client-id",
        "ID",
        "Name of this server at that provider",
    )
    .env("GREGARIA_OIDC_CLIENT_ID"),
    Opt::of(
        Kind::Text,
        "oidc-client-secret",
        "SECRET",
        "Its secret there, if it has one: better in GREGARIA_OIDC_CLIENT_SECRET, which no list of \
         processes shows",
    )
    .env("GREGARIA_OIDC_CLIENT_SECRET"),
    Opt::of(
        Kind::Text,
        "oidc-name",
        "NAME",
        "What the button calls the provider [default: its host]",
    )
    .env("GREGARIA_OIDC_NAME"),
    Opt::of(
        Kind::Text,
        "oidc-operators",
        "RULES",
        "Who of the provider's people may do everything, with commas: `anna@shop.example`, \
         `@shop.example`, `groups=load-testers`",
    )
    .env("GREGARIA_OIDC_OPERATORS"),
    Opt::of(
        Kind::Text,
        "oidc-viewers",
        "RULES",
        "Who of them may look, and change nothing; nobody else gets in",
    )
    .env("GREGARIA_OIDC_VIEWERS"),
    Opt::of(
        Kind::Text,
        "oidc-scopes",
        "SCOPES",
        "What the provider is asked for besides `openid` [default: email profile]",
    )
    .env("GREGARIA_OIDC_SCOPES"),
    Opt::of(
        Kind::Text,
        "web-external-url",
        "URL",
        "Address at which people open the page, where a proxy stands before it",
    )
    .env("GREGARIA_WEB_EXTERNAL_URL"),
    Opt::of(
        Kind::Text,
        "web-name",
        "NAMES",
        "Further names of this machine that the page is asked for, with commas",
    )
    .env("GREGARIA_WEB_NAME"),
    Opt::of(
        Kind::Text,
        "tls-cert",
        "FILE",
        "Certificate of the web page",
    )
    .env("LOCUST_TLS_CERT")
    .text(""),
    Opt::of(Kind::Text, "tls-key", "FILE", "Private key of the web page")
        .env("LOCUST_TLS_KEY")
        .text(""),
    Opt::flag(
        "class-picker",
        "Choose user classes and shapes on the web page",
    )
    .env("LOCUST_USERCLASS_PICKER"),
    Opt::of(
        Kind::Text,
        "build-path",
        "DIRECTORY",
        "Another build of the web page",
    )
    .env("LOCUST_BUILD_PATH")
    .text("")
    .refused("gregaria has a page of its own"),
    Opt::flag("legacy-ui", "Removed from Locust")
        .env("LOCUST_LEGACY_UI")
        .refused("Locust has removed its old web page"),
    Opt::of(
        Kind::Text,
        "web-base-path",
        "PATH",
        "Path under which the web page stands",
    )
    .env("LOCUST_WEB_BASE_PATH")
    .text(""),
];
