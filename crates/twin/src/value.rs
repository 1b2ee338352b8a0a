//! A way to write values as they look.

/// A value written like JSON; expressions stand in parentheses: `value!({"State": {"Code": 0, "Name": (name)}})`.
macro_rules! value {
    (null) => { ::reeve_model::Value::Null };
    ([ $($element:tt),* $(,)? ]) => {
        ::reeve_model::Value::List(vec![ $( $crate::value::value!($element) ),* ])
    };
    ({ $($name:literal : $member:tt),* $(,)? }) => {
        ::reeve_model::Value::Object({
            ::reeve_model::Object::from_iter::<Vec<(&str, ::reeve_model::Value)>>(
                vec![ $( ($name, $crate::value::value!($member)) ),* ]
            )
        })
    };
    ($expression:expr) => { ::reeve_model::Value::from($expression) };
}

/// The same for an object.
macro_rules! object {
    ($($name:literal : $member:tt),* $(,)?) => {
        ::reeve_model::Object::from_iter::<Vec<(&str, ::reeve_model::Value)>>(
            vec![ $( ($name, $crate::value::value!($member)) ),* ]
        )
    };
}

pub(crate) use {object, value};
