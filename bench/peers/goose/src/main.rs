//! goose's part of the comparison: the same GET, without a pause.

use goose::prelude::*;

async fn front_page(user: &mut GooseUser) -> TransactionResult {
    let _goose = user.get("/").await?;
    Ok(())
}

fn main() -> Result<(), GooseError> {
    // One thread, as the others have one.
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(GooseError::from)?
        .block_on(async {
            GooseAttack::initialize()?
                .register_scenario(
                    scenario!("Visitor").register_transaction(transaction!(front_page)),
                )
                .execute()
                .await
                .map(drop)
        })
}
