//! Orders on their way to Python, and their answers on the way back.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use gregaria_web::seam::{Order, Reply};

/// Orders that Python has taken and not answered, by their number.
#[derive(Debug, Default)]
pub(super) struct Taken {
    orders: RefCell<HashMap<u64, Order>>,
    next: Cell<u64>,
}

impl Taken {
    /// Keeps an order and gives it a number.
    pub(super) fn keep(&self, order: Order) -> u64 {
        let number = self.next.get();
        self.next.set(number + 1);
        self.orders.borrow_mut().insert(number, order);
        number
    }

    /// Answers an order; nothing is done about one that has been answered.
    pub(super) fn answer(&self, number: u64, reply: Reply) {
        let order = self.orders.borrow_mut().remove(&number);
        if let Some(order) = order {
            order.answer(reply);
        }
    }
}
