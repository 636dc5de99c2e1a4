//! The shop's pages, its cart and its JSON API.

use axum::{
    Json, Router,
    extract::{Path, State as FromState},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{latency, state::State};

/// Products have the numbers 1 to this.
const PRODUCTS: u32 = 20;

/// Price of a product: its number, and 99 cents.
const CENTS: u32 = 99;

/// Paths of the shop.
pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/", get(front_page))
        .route("/products", get(list))
        .route("/products/{id}", get(product))
        .route("/cart", get(show_cart).post(add_to_cart))
        .route("/checkout", post(checkout))
        .route("/api/products", get(api_list))
        .route("/api/products/{id}", get(api_product))
}

async fn front_page() -> Html<&'static str> {
    Html(
        "<!doctype html><title>A small shop</title><h1>Welcome</h1><a href=\"/products\">Products</a>",
    )
}

async fn list() -> Html<String> {
    tokio::time::sleep(latency::LIST).await;
    let items: Vec<String> = (1..=PRODUCTS)
        .map(|id| format!("<li><a href=\"/products/{id}\">Product {id}</a>"))
        .collect();
    let items = items.concat();
    Html(format!(
        "<!doctype html><title>Products</title><ul>{items}</ul>"
    ))
}

async fn product(Path(id): Path<u32>) -> Response {
    if !is_sold(id) {
        return StatusCode::NOT_FOUND.into_response();
    }
    Html(format!(
        "<!doctype html><title>Product {id}</title><h1>Product {id}</h1>"
    ))
    .into_response()
}

async fn api_list() -> Json<Value> {
    Json((1..=PRODUCTS).map(as_json).collect())
}

async fn api_product(Path(id): Path<u32>) -> Response {
    if !is_sold(id) {
        return (
            StatusCode::NOT_FOUND,
            Json(json!({"error": "no such product"})),
        )
            .into_response();
    }
    Json(as_json(id)).into_response()
}

async fn show_cart(FromState(state): FromState<State>, headers: HeaderMap) -> Json<Value> {
    let mut sessions = state.sessions();
    let cart = sessions
        .find(&headers)
        .map_or(&[][..], |session| session.cart.as_slice());
    Json(cart_as_json(cart))
}

#[derive(Deserialize)]
struct Addition {
    product: u32,
}

async fn add_to_cart(
    FromState(state): FromState<State>,
    headers: HeaderMap,
    Json(addition): Json<Addition>,
) -> Response {
    if !is_sold(addition.product) {
        return (
            StatusCode::NOT_FOUND,
            Json(json!({"error": "no such product"})),
        )
            .into_response();
    }
    let mut sessions = state.sessions();
    let (session, set_cookie) = sessions.find_or_make(&headers);
    session.cart.push(addition.product);
    let body = Json(cart_as_json(&session.cart));
    match set_cookie {
        Some(cookie) => ([cookie], body).into_response(),
        None => body.into_response(),
    }
}

async fn checkout(FromState(state): FromState<State>, headers: HeaderMap) -> Response {
    tokio::time::sleep(latency::CHECKOUT).await;
    let cart = state
        .sessions()
        .find(&headers)
        .map(|session| std::mem::take(&mut session.cart))
        .unwrap_or_default();
    if cart.is_empty() {
        return (
            StatusCode::CONFLICT,
            Json(json!({"error": "the cart is empty"})),
        )
            .into_response();
    }
    Json(json!({"order": state.next_order(), "items": cart.len()})).into_response()
}

fn is_sold(id: u32) -> bool {
    (1..=PRODUCTS).contains(&id)
}

fn as_json(id: u32) -> Value {
    json!({"id": id, "name": format!("Product {id}"), "price_cents": price_cents(id)})
}

fn cart_as_json(cart: &[u32]) -> Value {
    let total: u32 = cart.iter().copied().map(price_cents).sum();
    json!({"items": cart.len(), "total_cents": total})
}

fn price_cents(id: u32) -> u32 {
    id * 100 + CENTS
}
