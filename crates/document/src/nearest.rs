//! The word that was probably meant.

/// Finds the candidate nearest to `word`, if one is near enough to have been meant.
///
/// Case does not count. Near enough is one slip in three letters; a word of one or two letters must differ only in case.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let limit = word.chars().count() / 3;
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance = strsim::damerau_levenshtein(&word, &candidate.to_lowercase());
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_whatever_its_case() {
        let candidates = ["AWS::EC2::Instance", "AWS::EC2::Volume", "AWS::RDS::DBInstance"];
        for (word, expected) in [
            ("aws::ec2::instance", Some("AWS::EC2::Instance")),
            ("AWS::EC2::Instnace", Some("AWS::EC2::Instance")),
            ("AWS::EC2::Volumes", Some("AWS::EC2::Volume")),
            ("DBCluster", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, candidates), expected, "{word}");
        }
    }

    #[test]
    fn a_short_word_is_not_mistaken_for_another() {
        assert_eq!(nearest("id", ["or", "as", "ID"]), Some("ID"));
        assert_eq!(nearest("xy", ["or", "as"]), None);
    }
}
