//! Names written in `snake_case` and `camelCase`. Dots and other signs part a name; each part is written for itself.

/// `workItemType`, `Work-Item Type` -> `work_item_type`. Leading signs such as `_` and `$` stay.
pub(super) fn snake_case(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, &c) in characters.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| characters[index]);
        let after = characters.get(index + 1).copied();
        if starts_word(before, c, after) {
            snake.push('_');
        }
        snake.push(if matches!(c, '-' | ' ') { '_' } else { c.to_ascii_lowercase() });
    }
    snake
}

/// Whether a capital begins a word within a name: `itemType`, and the last of `HTTPServer`'s.
fn starts_word(before: Option<char>, c: char, after: Option<char>) -> bool {
    let follows_word = before.is_some_and(|before| before.is_ascii_lowercase() || before.is_ascii_digit());
    let ends_capitals =
        before.is_some_and(|before| before.is_ascii_uppercase()) && after.is_some_and(|after| after.is_ascii_lowercase());
    c.is_ascii_uppercase() && (follows_word || ends_capitals)
}

/// `work_item_type`, `WorkItemType` -> `workItemType`. A separator before a digit stays: `v1_2` is not `v12`.
pub(super) fn camel_case(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut camel = String::with_capacity(name.len());
    let mut part_begun = false;
    let mut index = 0;
    while let Some(&c) = characters.get(index) {
        let run = characters[index..].iter().take_while(|c| is_separator(**c)).count();
        if run > 0 {
            let next = characters.get(index + run).copied().filter(char::is_ascii_alphabetic);
            if let Some(next) = next.filter(|_| part_begun) {
                camel.push(next.to_ascii_uppercase());
                index += run + 1;
            } else {
                camel.extend(&characters[index..index + run]);
                index += run;
            }
        } else if part_begun || !c.is_ascii_uppercase() {
            camel.push(c);
            part_begun = c.is_alphanumeric();
            index += 1;
        } else {
            let capitals = leading_capitals(&characters[index..]);
            camel.extend(characters[index..index + capitals].iter().map(char::to_ascii_lowercase));
            part_begun = true;
            index += capitals;
        }
    }
    camel
}

fn is_separator(c: char) -> bool {
    matches!(c, '_' | '-' | ' ')
}

/// How many capitals at the head belong to the first word: all of `ID`, one of `WorkItem`, four of `HTTPServer`.
fn leading_capitals(part: &[char]) -> usize {
    let capitals = part.iter().take_while(|c| c.is_ascii_uppercase()).count();
    let next_word = part.get(capitals).is_some_and(char::is_ascii_lowercase);
    if capitals > 1 && next_word { capitals - 1 } else { capitals }
}
