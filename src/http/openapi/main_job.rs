//! The main job as a reader can do it with curl: `docs/main_job.sh`, step by step. The same file is run against a demo
//! before every change.

const SCRIPT: &str = include_str!("../../../docs/main_job.sh");

/// One step: what it does, and the commands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) about: String,
    pub(super) commands: String,
}

/// The steps. Each is a paragraph of the script that begins with a comment; what stands before the first one only sets
/// the scene.
pub(super) fn main_job() -> Vec<Step> {
    SCRIPT.split("\n\n").skip(1).map(step_of).collect()
}

fn step_of(paragraph: &str) -> Step {
    let (about, commands): (Vec<&str>, Vec<&str>) = paragraph.lines().partition(|line| line.starts_with("# "));
    let about = about.iter().map(|line| line.trim_start_matches("# ")).collect::<Vec<_>>().join(" ");
    Step { about, commands: commands.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_says_what_it_does() {
        let steps = main_job();
        assert!(steps.len() >= 7, "{steps:?}");
        for step in steps {
            assert!(step.about.ends_with('.') && !step.commands.is_empty(), "{step:?}");
        }
    }
}
