//! Just enough of Rust's lexical rules to count code: comments and literals are blanked out, so
//! that a brace in a string is no brace and a word in a comment no code.

/// Code with comments and the inside of literals replaced by spaces; line breaks stay.
pub(crate) fn code_of(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let skipped_bytes = blank_bytes(rest, code.chars().next_back());
        if skipped_bytes == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (skipped, after) = rest.split_at(skipped_bytes);
        code.extend(skipped.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = after;
    }
    code
}

/// Length of the comment or literal that `rest` begins with; 0 if it begins with code.
fn blank_bytes(rest: &str, before: Option<char>) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment_bytes(rest);
    }
    if rest.starts_with('"') {
        return string_bytes(rest);
    }
    if rest.starts_with('\'') {
        return char_bytes(rest);
    }
    if rest.starts_with('r') && !before.is_some_and(is_word) {
        return raw_string_bytes(rest);
    }
    0
}

fn block_comment_bytes(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (0usize, 0usize);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn string_bytes(rest: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A quote opens a character, or a lifetime, which is code.
fn char_bytes(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            let closing = rest.char_indices().skip(3).find(|(_, c)| *c == '\'');
            closing.map_or(0, |(at, _)| at + 1)
        }
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

fn raw_string_bytes(rest: &str) -> usize {
    let hashes = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
    let start = 1 + hashes;
    if !rest[start..].starts_with('"') {
        return 0;
    }
    let closing = format!("\"{}", "#".repeat(hashes));
    let inside = &rest[start + 1..];
    inside.find(&closing).map_or(rest.len(), |at| start + 1 + at + closing.len())
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The part of a file before its own tests.
pub(crate) fn without_tests(code: &str) -> &str {
    code.find("#[cfg(test)]\nmod tests").map_or(code, |at| &code[..at])
}

/// Lines with code on them.
pub(crate) fn code_lines(code: &str) -> usize {
    code.lines().filter(|line| !line.trim().is_empty()).count()
}

/// Lines, counted from 1, where `word` stands as a whole word.
pub(crate) fn lines_with_word(code: &str, word: &str) -> Vec<usize> {
    let numbered = code.lines().enumerate();
    let found = numbered.filter(|(_, line)| has_word(line, word));
    found.map(|(index, _)| index + 1).collect()
}

pub(crate) fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// A function with a body.
pub(crate) struct Function {
    pub(crate) name: String,
    /// Line of its `fn`, counted from 1.
    pub(crate) line: usize,
    /// Lines of code from there to the closing brace.
    pub(crate) code_lines: usize,
}

/// Every function with a body in `code`, which [`code_of`] made.
pub(crate) fn functions(code: &str) -> Vec<Function> {
    let starts = code
        .match_indices("fn ")
        .filter(|(at, _)| !code[..*at].chars().next_back().is_some_and(is_word));
    starts.filter_map(|(at, _)| function_at(code, at)).collect()
}

fn function_at(code: &str, at: usize) -> Option<Function> {
    let after = &code[at + 3..];
    let name: String = after.chars().take_while(|c| is_word(*c)).collect();
    if name.is_empty() {
        return None;
    }
    let end = at + body_end(&code[at..])?;
    let line = code[..at].matches('\n').count() + 1;
    Some(Function { name, line, code_lines: code_lines(&code[at..end]) })
}

/// Where the body that follows ends; `None` for a declaration without one.
fn body_end(code: &str) -> Option<usize> {
    let (mut braces, mut others) = (0i32, 0i32);
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => others += 1,
            ')' | ']' => others -= 1,
            '{' => braces += 1,
            '}' => braces -= 1,
            ';' if braces == 0 && others == 0 => return None,
            _ => {}
        }
        if c == '}' && braces <= 0 {
            return (braces == 0).then_some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_no_code() {
        let source = "a /* { /* } */ */ \"{\\\"\" 'x' '\\'' r#\"}\"# b<'c> // {\nd";
        let code = code_of(source);
        assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["a", "b<'c>", "d"]);
        assert_eq!(code.len(), source.len());
    }

    #[test]
    fn functions_are_measured_from_head_to_brace() {
        let code = code_of("fn short(a: [u8; 2]) {\n\n  // why\n  b\n}\nfn declared();\nfn c() {}");
        let found = functions(&code);
        let seen: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.line, f.code_lines)).collect();
        assert_eq!(seen, [("short", 1, 3), ("c", 7, 1)]);
    }

    #[test]
    fn a_word_is_not_part_of_a_longer_one() {
        assert!(has_word("unsafe {", "unsafe"));
        assert!(!has_word("deny(unsafe_code)", "unsafe"));
    }
}
