//! Parsing answers and writing requests, without anything around them.

use std::hint::black_box;

use anyhow::{Result, ensure};
use reeve_model::{WireResponse, decode_response, encode_request};
use reeve_time::Stopwatch;

use crate::aws::samples::{Sample, input_value, with_operation};

/// How often something is done before it counts, and how often it counts.
const WARM_UP: usize = 3;
const RUNS: usize = 15;

/// How long parsing an answer takes, in seconds; what becomes of the value is counted too, as it is for Python.
pub(super) fn parse(sample: &Sample, answer: &WireResponse) -> Result<f64> {
    with_operation((sample.service, sample.operation), |service, operation| {
        let value = decode_response(service, operation, answer)?;
        ensure!(!value.as_object().is_none_or(reeve_model::Object::is_empty), "nothing was read");
        drop(value);
        median(|| {
            drop(black_box(decode_response(service, operation, black_box(answer))?));
            Ok(())
        })
    })
}

/// How long writing a request takes, in seconds.
pub(super) fn write(sample: &Sample) -> Result<f64> {
    with_operation((sample.service, sample.operation), |service, operation| {
        let input = input_value(service, operation, &sample.json)?;
        median(|| {
            drop(black_box(encode_request(service, operation, black_box(&input))?));
            Ok(())
        })
    })
}

fn median(mut act: impl FnMut() -> Result<()>) -> Result<f64> {
    for _ in 0..WARM_UP {
        act()?;
    }
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let watch = Stopwatch::start();
        act()?;
        times.push(watch.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times.get(RUNS / 2).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use reeve_model::Value;

    use super::*;
    use crate::aws::samples;

    #[test]
    fn every_page_is_read_with_all_its_things() {
        let pages = samples::pages();
        let counts = pages.iter().map(|page| {
            let answer = samples::answer(page.service, page.operation, &page.json)?;
            with_operation((page.service, page.operation), |service, operation| {
                let value = decode_response(service, operation, &answer)?;
                let longest = value.as_object().into_iter().flat_map(reeve_model::Object::iter);
                let longest = longest.map(|(_, member)| Value::as_list(member).len()).max();
                Ok((page.operation, longest.unwrap_or_default()))
            })
        });
        let counts: Vec<(&str, usize)> = counts.collect::<Result<_>>().unwrap();
        let expected = [
            ("DescribeInstances", 1000),
            ("ListObjectsV2", 1000),
            ("FilterLogEvents", 1000),
            ("Scan", 1000),
            ("GetMetricData", 100),
        ];
        assert_eq!(counts, expected);
    }

    #[test]
    fn every_input_can_be_written() {
        for input in samples::inputs() {
            with_operation((input.service, input.operation), |service, operation| {
                let value = input_value(service, operation, &input.json)?;
                ensure!(encode_request(service, operation, &value)?.body.len() > 1000);
                Ok(())
            })
            .unwrap();
        }
    }
}
