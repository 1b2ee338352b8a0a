//! The kinds of EBS volume and their limits.

use crate::failure::Failure;

/// What one kind of volume allows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VolumeType {
    pub(crate) name: &'static str,
    /// In GiB.
    pub(crate) least: i64,
    pub(crate) most: i64,
    /// Operations per second that may be provisioned: least, most, and most per GiB.
    pub(crate) iops: Option<(i64, i64, i64)>,
    /// Throughput that may be provisioned, in MiB/s: least and most.
    pub(crate) throughput: Option<(i64, i64)>,
}

const TYPES: [VolumeType; 7] = [
    VolumeType { name: "standard", least: 1, most: 1024, iops: None, throughput: None },
    VolumeType { name: "gp2", least: 1, most: 16384, iops: None, throughput: None },
    VolumeType {
        name: "gp3",
        least: 1,
        most: 65536,
        iops: Some((3000, 80000, 500)),
        throughput: Some((125, 2000)),
    },
    VolumeType {
        name: "io1",
        least: 4,
        most: 16384,
        iops: Some((100, 64000, 50)),
        throughput: None,
    },
    VolumeType {
        name: "io2",
        least: 4,
        most: 65536,
        iops: Some((100, 256_000, 1000)),
        throughput: None,
    },
    VolumeType { name: "st1", least: 125, most: 16384, iops: None, throughput: None },
    VolumeType { name: "sc1", least: 125, most: 16384, iops: None, throughput: None },
];

/// What performs how: as asked for, or as the kind of volume has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Performance {
    pub(crate) iops: Option<i64>,
    pub(crate) throughput: Option<i64>,
}

impl VolumeType {
    /// The kind of this name, or EC2's refusal.
    pub(crate) fn named(name: &str) -> Result<Self, Failure> {
        TYPES.into_iter().find(|known| known.name == name).ok_or_else(|| {
            Failure::new("UnknownVolumeType", format!("Unsupported volume type '{name}'"))
        })
    }

    /// Checks size and performance and fills in what was not asked for.
    pub(crate) fn settle(&self, size: i64, wanted: Performance) -> Result<Performance, Failure> {
        let Self { name, least, most, .. } = self;
        if size < *least {
            let message = format!(
                "Volume of {size}GiB is too small for volume type {name}; minimum is {least}GiB."
            );
            return Err(Failure::new("InvalidParameterValue", message));
        }
        if size > *most {
            let message = format!(
                "Volume of {size}GiB is too large for volume type {name}; maximum is {most}GiB."
            );
            return Err(Failure::new("InvalidParameterValue", message));
        }
        let iops = self.operations(size, wanted.iops)?;
        Ok(Performance { iops, throughput: self.megabytes(iops, wanted.throughput)? })
    }

    fn operations(&self, size: i64, wanted: Option<i64>) -> Result<Option<i64>, Failure> {
        let name = self.name;
        let Some((least, most, ratio)) = self.iops else {
            if wanted.is_some() {
                let message = format!("The parameter iops is not supported for {name} volumes.");
                return Err(Failure::new("InvalidParameterCombination", message));
            }
            // Three per GiB, between a floor and a ceiling; magnetic kinds show none.
            return Ok((name == "gp2").then(|| (size * 3).clamp(100, 16000)));
        };
        let Some(wanted) = wanted else {
            if name == "gp3" {
                return Ok(Some(least));
            }
            let message = "The request must contain the parameter iops";
            return Err(Failure::new("MissingParameter", message));
        };
        if wanted < least || wanted > most {
            let problem =
                if wanted < least { "too low; minimum is" } else { "too high; maximum is" };
            let bound = if wanted < least { least } else { most };
            let message = format!("Volume iops of {wanted} is {problem} {bound}.");
            return Err(Failure::new("InvalidParameterValue", message));
        }
        if wanted > (size * ratio).max(least) {
            let message = format!(
                "Iops to volume size ratio of {wanted}:{size} is too high; maximum is {ratio}."
            );
            return Err(Failure::new("InvalidParameterValue", message));
        }
        Ok(Some(wanted))
    }

    fn megabytes(&self, iops: Option<i64>, wanted: Option<i64>) -> Result<Option<i64>, Failure> {
        let name = self.name;
        let Some((least, most)) = self.throughput else {
            if wanted.is_some() {
                let message =
                    format!("The parameter throughput is not supported for {name} volumes.");
                return Err(Failure::new("InvalidParameterCombination", message));
            }
            return Ok(None);
        };
        let Some(wanted) = wanted else { return Ok(Some(least)) };
        if wanted < least || wanted > most {
            let problem =
                if wanted < least { "too low; minimum is" } else { "too high; maximum is" };
            let bound = if wanted < least { least } else { most };
            let message =
                format!("Volume throughput of {wanted} MiB/s is {problem} {bound} MiB/s.");
            return Err(Failure::new("InvalidParameterValue", message));
        }
        // At most a quarter of a MiB/s per operation.
        if iops.is_some_and(|iops| wanted * 4 > iops) {
            let message = format!(
                "Throughput (MiBps) to iops ratio of {wanted}:{} is too high; maximum is 0.25 MiBps per iops.",
                iops.unwrap_or_default()
            );
            return Err(Failure::new("InvalidParameterValue", message));
        }
        Ok(Some(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, size: i64, (iops, throughput): (Option<i64>, Option<i64>)) -> String {
        let kind = VolumeType::named(name).unwrap();
        match kind.settle(size, Performance { iops, throughput }) {
            Ok(Performance { iops, throughput }) => format!("{iops:?} {throughput:?}"),
            Err(failure) => failure.code,
        }
    }

    #[test]
    fn sizes_and_performance_are_held_to_the_limits_of_the_kind() {
        assert_eq!(check("gp3", 8, (None, None)), "Some(3000) Some(125)");
        assert_eq!(check("gp2", 20, (None, None)), "Some(100) None");
        assert_eq!(check("gp2", 20, (Some(3000), None)), "InvalidParameterCombination");
        assert_eq!(check("gp3", 0, (None, None)), "InvalidParameterValue");
        assert_eq!(check("gp3", 8, (Some(5000), None)), "InvalidParameterValue");
        assert_eq!(check("gp3", 100, (None, Some(1000))), "InvalidParameterValue");
        assert_eq!(check("io1", 100, (None, None)), "MissingParameter");
        assert_eq!(check("io1", 100, (Some(5000), None)), "Some(5000) None");
        assert_eq!(check("st1", 100, (None, None)), "InvalidParameterValue");
        assert_eq!(VolumeType::named("gp9").unwrap_err().code, "UnknownVolumeType");
    }
}
