//! The engine against small real servers on the loopback interface, driven by a loop of ten lines.

mod broken;
mod driver;
mod follow;
mod keep;
mod secure;
mod servers;
mod time;
mod way;
