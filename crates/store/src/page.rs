//! Pages: how long lists are read, a part at a time.
//!
//! The next page begins after the last item of this one, wherever the list has grown or shrunk meanwhile.

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, C> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last page.
    pub next: Option<C>,
}

/// How many items a page holds: from 1 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    /// The most items on one page.
    pub const MAXIMUM: u32 = 1000;

    /// A limit as near to `items` as is allowed.
    pub fn new(items: u32) -> Self {
        Self(items.clamp(1, Self::MAXIMUM))
    }

    /// One more than fits, to see whether there is a next page.
    pub(crate) fn one_more(self) -> i64 {
        i64::from(self.0) + 1
    }

    /// Cuts what was read with [`Limit::one_more`] into a page.
    pub(crate) fn page<T, C>(self, mut items: Vec<T>, cursor: impl Fn(&T) -> C) -> Page<T, C> {
        let limit = usize::try_from(self.0).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor) } else { None };
        Page { items, next }
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_whether_another_follows() {
        let limit = Limit::new(2);
        assert_eq!(limit.page(vec![1, 2], |item| *item).next, None);
        let page = limit.page(vec![1, 2, 3], |item| *item);
        assert_eq!(page, Page { items: vec![1, 2], next: Some(2) });
    }
}
