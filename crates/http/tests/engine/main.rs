//! The engine against small real servers on the loopback interface, driven by a loop of ten lines.

mod driver;
mod keep;
mod servers;
