//! The Gantry server as a library: threads and sockets around sessions and an engine that own none.
