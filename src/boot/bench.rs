//! Twelve o'clock, measured: a throw-away house is filled, and a crowd presses the button over real HTTP, on this very
//! machine. Beside each figure stands what the machine could do at best, measured in the same run. One line of JSON for
//! each row follows the table, for programs.

mod ceilings;
mod crowd;
mod history;
mod money;
mod process;
mod row;
mod scenes;
mod stage;

use super::BootError;
use row::Row;
use scenes::Scene;
use stage::Stage;

/// How large the crowd is, and what is measured.
#[derive(Clone, Debug)]
pub struct BenchOptions {
    /// How many people there are.
    pub people: usize,
    /// How many connections they share.
    pub connections: usize,
    /// How often everything is measured; the median counts.
    pub runs: usize,
    /// The database; a file in a folder that goes afterwards unless given.
    pub database_url: Option<String>,
    /// How many registrations and orders the database holds before anything is measured.
    pub rows: usize,
    /// How many listen to what changes.
    pub listeners: usize,
    /// Only rows with one of these words in their name; all unless given.
    pub only: Vec<String>,
}

impl BenchOptions {
    /// The same with a small crowd, once: it shows that all works, and how fast it is not.
    pub fn made_short(self) -> Self {
        Self { people: 150, connections: 16, runs: 1, rows: 300, listeners: 100, ..self }
    }
}

/// Measures, prints the table, and fails when anything was oversold or answered with an error of ours.
pub async fn bench(options: BenchOptions) -> Result<(), BootError> {
    let stage = Stage::open(options).await?;
    let told = measure(&stage).await;
    stage.close().await?;
    told
}

async fn measure(stage: &Stage) -> Result<(), BootError> {
    let options = &stage.options;
    let mut out = std::io::stdout();
    history::fill(stage, options.rows).await?;
    row::write_head(&mut out, options).map_err(BootError::io("printing"))?;
    let mut rows = Vec::new();
    for scene in Scene::ALL {
        let is_wanted = options.only.is_empty() || options.only.iter().any(|word| scene.name().contains(word.as_str()));
        if is_wanted {
            let row = median(stage, scene).await?;
            row::write_row(&mut out, &row).map_err(BootError::io("printing"))?;
            rows.push(row);
        }
    }
    row::write_lines(&mut out, &rows, options).map_err(BootError::io("printing"))?;
    rows.iter().try_for_each(Row::check)
}

/// Plays a scene several times; a run that went wrong stands for all.
async fn median(stage: &Stage, scene: Scene) -> Result<Row, BootError> {
    let mut all = Vec::new();
    for _ in 0..stage.options.runs.max(1) {
        stage.until_quiet().await?;
        let row = scene.play(stage).await?;
        if row.check().is_err() {
            return Ok(row);
        }
        all.push(row);
    }
    all.sort_by_key(|row| row.measured.per_second());
    let middle = all.len() / 2;
    Ok(all.swap_remove(middle))
}
