//! Vocabulary of Gantry: ids, quantities, commands, movements, rejections, and their fixed layouts.
