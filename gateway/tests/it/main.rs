//! The server as its clients and its operator meet it: real sockets, real files, real threads.

mod bounds;
mod faults;
mod faulty;
mod frames;
mod harness;
mod lies;
mod orders;
mod stops;
mod wire;
