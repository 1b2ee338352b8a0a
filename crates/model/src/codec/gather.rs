//! Gathers the members of structures while they are read.
//!
//! One stack for a whole body, inner structures above outer ones. An object is made when all of its members are there: it is
//! as large as they need and no larger, and nothing has to grow on the way.

use crate::{Name, Object, Value, schema::Member};

/// The members of the structures that are being read.
#[derive(Default)]
pub(crate) struct Gathered {
    members: Vec<(Name, Value)>,
}

/// One structure's part of the stack.
pub(crate) struct Part {
    begin: usize,
    // The members that have come, by their positions; those beyond the last bit, of which there are hardly any, are not
    // noted.
    seen: u128,
    /// The position where the next member is expected: senders keep to the model's order more often than not.
    pub(crate) next: usize,
}

impl Gathered {
    /// Begins a structure.
    pub(crate) fn begin(&self) -> Part {
        Part { begin: self.members.len(), seen: 0, next: 0 }
    }

    /// Sets the member at this position of the structure. If it has come before, the last one counts.
    pub(crate) fn set(
        &mut self,
        part: &mut Part,
        (position, member): (usize, &Member),
        value: Value,
    ) {
        let bit = u32::try_from(position).ok().and_then(|shift| 1_u128.checked_shl(shift));
        let is_new = bit.is_some_and(|bit| part.seen & bit == 0);
        part.seen |= bit.unwrap_or_default();
        let earlier = if is_new { None } else { self.earlier(part, member) };
        match earlier {
            Some(earlier) => *earlier = value,
            None => self.members.push((member.name.clone(), value)),
        }
    }

    /// The value of a member that may have come before.
    pub(crate) fn earlier(&mut self, part: &Part, member: &Member) -> Option<&mut Value> {
        let mut members = self.members.get_mut(part.begin..)?.iter_mut();
        members.find(|(name, _)| *name == member.name).map(|(_, value)| value)
    }

    /// Ends a structure, and with it all that began within it.
    pub(crate) fn end(&mut self, part: &Part) -> Object {
        Object::of_distinct(self.members.split_off(part.begin.min(self.members.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    #[test]
    fn of_a_member_that_comes_twice_the_last_one_counts() {
        let ec2 = catalog().service("ec2").unwrap();
        let (_, shape) = ec2.shape_named("Tag").unwrap();
        let crate::ShapeKind::Structure(tag) = &shape.kind else { panic!("a tag is a structure") };
        let mut gathered = Gathered::default();
        let mut outer = gathered.begin();
        let member = |position: usize| (position, &tag.members()[position]);
        gathered.set(&mut outer, member(1), "first".into());
        let mut inner = gathered.begin();
        gathered.set(&mut inner, member(1), "inner".into());
        assert_eq!(gathered.end(&inner), Object::from_iter([("Value", "inner")]));
        gathered.set(&mut outer, member(0), "key".into());
        gathered.set(&mut outer, member(1), "last".into());
        // A structure with more members than are noted.
        gathered.set(&mut outer, (128, &tag.members()[0]), "beyond".into());
        let expected = Object::from_iter([("Value", "last"), ("Key", "beyond")]);
        assert_eq!(gathered.end(&outer), expected);
    }
}
