//! Measures the cost of status visibility: `users.presence` of 1,000 people, and a change of one of
//! them that reaches 1,000 listeners, without rules and with 100. Starts the given programs and
//! measures them from outside, in turns.
//!
//! ```text
//! cargo bench --bench visibility -- before/doorsign target/release/doorsign
//! ```

#[path = "live/crowd.rs"]
#[allow(dead_code, reason = "each benchmark uses a different part of it")]
mod crowd;
#[path = "load/http.rs"]
mod http;
#[path = "load/machine.rs"]
#[allow(dead_code, reason = "each benchmark uses a different part of it")]
mod machine;
#[path = "load/percentile.rs"]
mod percentile;
#[path = "load/server.rs"]
#[allow(dead_code, reason = "each benchmark uses a different part of it")]
mod server;
#[path = "visibility/setup.rs"]
mod setup;
#[path = "live/subscriber.rs"]
mod subscriber;

use machine::ProcessorTime;
use percentile::percentile;
use setup::{PEOPLE, Rules, Subject};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const USAGE: &str = "\
Starts each doorsign with 1,000 users, once without a rule of visibility and, if it knows them, once with 100 people who are hidden from
a user. Prints how many users.presence a second one connection gets, how long a change takes to reach the last of 1,000 listeners, and
how much CPU time of the server that takes per listener. Everything is measured in turns. The ratios are to the first row.

Usage: cargo bench --bench visibility -- PROGRAM.. [ROUNDS]

  PROGRAM  Such as target/release/doorsign; the first is what the others are compared with
  ROUNDS   How often everything is measured (default 5)";

/// Requests of a round, after as many that warm up.
const REQUESTS: usize = 200;
/// Changes of a round.
const CHANGES: usize = 50;
/// Listeners of each change.
const LISTENERS: usize = 1000;
/// How long the listeners are left alone after they have connected.
const QUIET: Duration = Duration::from_millis(500);

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    arguments.retain(|argument| argument != "--bench" && argument != "--test");
    let rounds = arguments.last().and_then(|last| last.parse().ok());
    arguments.truncate(arguments.len() - usize::from(rounds.is_some()));
    if arguments.is_empty() || arguments[0].starts_with('-') {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let programs = arguments.iter().map(std::path::absolute).collect();
    let programs: std::io::Result<Vec<PathBuf>> = programs;
    let measured = programs
        .map_err(Into::into)
        .and_then(|programs| measure(&programs, rounds.unwrap_or(5)));
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn measure(programs: &[PathBuf], rounds: usize) -> Outcome<()> {
    let mut rows = Vec::new();
    for (number, program) in programs.iter().enumerate() {
        for rules in [Rules::None, Rules::Hundred] {
            let subject = Subject::start(program, rules).await?;
            let title = format!("program {}, {}", number + 1, rules.name());
            rows.extend(subject.map(|subject| Row::new(title, subject)));
        }
    }
    let before = ProcessorTime::now();
    for _ in 0..rounds.max(1) {
        for row in &mut rows {
            row.lists.push(presence(&mut row.subject).await?);
        }
        for row in &mut rows {
            let (last, each) = fan_out(&mut row.subject).await?;
            row.lasts.push(last);
            row.each.push(each);
        }
    }
    println!("                         presence/s   ratio   last ms   ratio   CPU us each   ratio");
    let first = rows[0].medians();
    for row in &rows {
        println!("{}", row.line(first));
    }
    if let Some(stolen) = before.and_then(ProcessorTime::stolen_percent) {
        println!("steal {stolen:.1} %; above 5, measure again");
    }
    for row in rows {
        row.subject.stop().await?;
    }
    Ok(())
}

/// A server, and what was measured in each round.
struct Row {
    title: String,
    subject: Subject,
    /// Requests per second.
    lists: Vec<f64>,
    /// Milliseconds until the last listener has received a change.
    lasts: Vec<f64>,
    /// Microseconds of the server's CPU time for a change and a listener.
    each: Vec<f64>,
}

impl Row {
    fn new(title: String, subject: Subject) -> Self {
        Self {
            title,
            subject,
            lists: Vec::new(),
            lasts: Vec::new(),
            each: Vec::new(),
        }
    }

    fn medians(&self) -> [f64; 3] {
        [&self.lists, &self.lasts, &self.each].map(|values| median(values))
    }

    /// A ratio above 1 is better than `first`.
    fn line(&self, first: [f64; 3]) -> String {
        let [lists, last, each] = self.medians();
        format!(
            "{:<25}{lists:>10.0}{:>7.2}x{last:>10.2}{:>7.2}x{each:>14.2}{:>7.2}x",
            self.title,
            lists / first[0],
            first[1] / last,
            first[2] / each,
        )
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    percentile(&values, 50)
}

/// Returns the requests per second of a connection, one after the other.
async fn presence(subject: &mut Subject) -> Outcome<f64> {
    let request = subject.viewer_request("users.presence");
    let mut connection = subject.connect().await?;
    let mut began = Instant::now();
    for number in 0..2 * REQUESTS {
        if number == REQUESTS {
            began = Instant::now();
        }
        let answer = connection.exchange(request.as_bytes()).await?;
        let rows = || {
            answer
                .body
                .windows(5)
                .filter(|part| part == b"\"_id\"")
                .count()
        };
        if answer.status != 200 || number == 0 && rows() != PEOPLE {
            return Err(format!("{} with {} users", answer.status, rows()).into());
        }
    }
    Ok(REQUESTS as f64 / began.elapsed().as_secs_f64())
}

/// Returns the median time of a change until the last listener has received it, in milliseconds,
/// and the CPU time of the server for a change and a listener, in microseconds.
async fn fan_out(subject: &mut Subject) -> Outcome<(f64, f64)> {
    let mut crowd = subject.crowd(LISTENERS).await?;
    tokio::time::sleep(QUIET).await;
    let (mut lasts, before) = (Vec::new(), subject.cpu_micros()?);
    for _ in 0..CHANGES {
        crowd.arm();
        let began = tokio::time::Instant::now();
        subject.change().await?;
        let received = crowd.received().await?;
        let last = received.into_iter().max().unwrap_or(began);
        lasts.push((last - began).as_secs_f64() * 1000.0);
    }
    let spent = subject.cpu_micros()? - before;
    match crowd.disperse() {
        0 => Ok((median(&lasts), spent / (CHANGES * LISTENERS) as f64)),
        cut => Err(format!("{cut} listeners were disconnected").into()),
    }
}
