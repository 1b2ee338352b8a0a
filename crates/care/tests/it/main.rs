//! Tests of the controllers, plans and judgements through their public faces.

#[cfg(test)]
mod coverage;
#[cfg(test)]
mod decide;
#[cfg(test)]
mod effective;
#[cfg(test)]
mod filters;
#[cfg(test)]
mod judgement;
#[cfg(test)]
mod parse;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod progress;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod propose;
#[cfg(test)]
mod support;
