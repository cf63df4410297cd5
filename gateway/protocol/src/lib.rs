//! Sans-IO codec of Gantry's framed TCP protocol.
