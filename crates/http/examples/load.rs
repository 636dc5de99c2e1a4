//! Drives a number of connections against one URL and prints requests per CPU-second: the engine
//! alone, to be compared with `wrk` on the same core in the same minute.
//!
//! ```text
//! cargo run --release --example load -- 127.0.0.1 8080 / 100 5
//! ```

use std::error::Error;
use std::io::Write as _;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gregaria_http::{
    ClientConfig, ClientId, Engine, HeaderBlock, Method, Origin, Outcome, Request, Rules, Scheme,
    Ticket, TlsSettings, Trust,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, target, users, seconds] = arguments.as_slice() else {
        return Err(
            "usage: load HOST PORT PATH CONNECTIONS SECONDS; https if the port ends in 43".into(),
        );
    };
    let scheme = if port.ends_with("43") {
        Scheme::Https
    } else {
        Scheme::Http
    };
    let origin = Origin {
        scheme,
        host: host.as_str().into(),
        port: port.parse()?,
    };
    let mut headers = HeaderBlock::default();
    for (name, value) in [("User-Agent", "load"), ("Accept", "*/*")] {
        headers.push(name.as_bytes(), value.as_bytes())?;
    }
    let request = Request {
        method: Method::Get,
        origin: Arc::new(origin),
        target: target.as_str().into(),
        headers: Arc::new(headers),
        body: None,
        rules: Rc::new(Rules::default()),
    };
    let config = ClientConfig {
        tls: Arc::new(TlsSettings {
            trust: Trust::Anything,
            identity: None,
        }),
        ..ClientConfig::default()
    };
    let mut engine = Engine::new()?;
    // Who waits for a ticket, by its slot: what a driver in Python keeps too.
    let mut owners: Vec<(Ticket, ClientId)> = Vec::new();
    for _ in 0..users.parse()? {
        let client = engine.add_client(config.clone());
        owners.push((engine.submit(client, request.clone()).ticket, client));
    }
    let (start, cpu) = (Instant::now(), cpu_time());
    let limit = Duration::from_secs(seconds.parse()?);
    let (mut answered, mut failed) = (0u64, 0u64);
    let (mut turns, mut total) = (0u64, Duration::ZERO);
    while start.elapsed() < limit {
        engine.wait(Duration::from_secs(1))?;
        engine.turn()?;
        turns += 1;
        while let Some(finished) = engine.next() {
            match finished.outcome {
                Outcome::Response(response) if response.status == 200 => {
                    answered += 1;
                    total += response.timing.total;
                }
                _ => failed += 1,
            }
            // The lower half of a ticket is its slot, from 1.
            let slot = usize::try_from(finished.ticket.to_raw() & u64::from(u32::MAX))?;
            if let Some((ticket, client)) = owners.get_mut(slot - 1) {
                *ticket = engine.submit(*client, request.clone()).ticket;
            }
        }
    }
    let cpu = cpu_time().saturating_sub(cpu).as_secs_f64();
    let micros = total.as_secs_f64() * 1e6 / answered.max(1) as f64;
    writeln!(
        std::io::stdout(),
        "{answered} answered, {failed} failed, {:.0} requests per CPU-second, {:.2} µs CPU each, \
         {:.0} µs mean response time, {:.1} answers a turn; {:?}",
        answered as f64 / cpu,
        cpu * 1e6 / answered.max(1) as f64,
        micros,
        answered as f64 / turns as f64,
        engine.counters(),
    )?;
    Ok(())
}

/// User and system time of this process.
fn cpu_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    // Both are never negative, and `tv_nsec` is below 1e9.
    Duration::from_secs(now.tv_sec.cast_unsigned())
        + Duration::from_nanos(now.tv_nsec.cast_unsigned())
}
