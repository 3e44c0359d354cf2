//! Seat: the right of a queue to come into being in another partition than its home.
//!
//! First the seat, there; then the signpost, at home; then the queue, which the seat allows. Removing
//! goes the other way: the queue with its seat, then the signpost. So whatever is cut off between two of them, a
//! queue that is there is found from home, and a signpost to a void seat is taken away by whoever follows it.

use crate::domain::{Partition, QueueName};
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::places::{LOOKS, Place, Seat};
use crate::store::{StoreError, scripts};

/// What became of the wish.
pub(super) enum SeatOutcome {
    /// The queue lives at its home, or will.
    AtHome,
    /// The queue has this seat, whether it is there already or will be.
    Given(Seat),
    /// The queue is there, in another partition.
    Elsewhere(Partition),
}

impl Core {
    /// Sees to it that a queue lives in the wanted partition, unless it is there in another one.
    pub(super) async fn give_seat(
        &self,
        queue: &QueueName,
        wanted: Partition,
    ) -> Result<SeatOutcome, StoreError> {
        let home = self.home_of(queue);
        for _ in 0..LOOKS {
            match self.find_in(home, queue).await? {
                Place::Here | Place::Unplaced if wanted == home => return Ok(SeatOutcome::AtHome),
                Place::Here => return Ok(SeatOutcome::Elsewhere(home)),
                Place::Elsewhere(seat) if seat.partition == wanted => {
                    return Ok(SeatOutcome::Given(seat));
                }
                // A queue that was never made there, or is no more, may go where it likes.
                Place::Elsewhere(seat) => {
                    if !self.vacate(queue, &seat).await? {
                        return Ok(SeatOutcome::Elsewhere(seat.partition));
                    }
                }
                Place::Unplaced => {
                    let seat = self.take_seat(queue, wanted).await?;
                    if self.point(queue, &seat).await? {
                        return Ok(SeatOutcome::Given(seat));
                    }
                    self.leave_seat(queue, wanted).await?;
                }
            }
        }
        Err(StoreError::not_done())
    }

    /// Gives up the seat of a queue that is not there; false when it is.
    pub(super) async fn vacate(&self, queue: &QueueName, seat: &Seat) -> Result<bool, StoreError> {
        if !self.leave_seat(queue, seat.partition).await? {
            return Ok(false);
        }
        self.take_signpost_away(queue, seat).await?;
        Ok(true)
    }

    async fn take_seat(&self, queue: &QueueName, partition: Partition) -> Result<Seat, StoreError> {
        let mut args = Args::default();
        args.push(queue.as_str());
        let mut reply = self.call(&scripts::SEAT, partition, "", &args).await?;
        reply.text()?;
        Ok(Seat {
            partition,
            number: reply.text()?,
        })
    }

    /// False when the queue is there.
    async fn leave_seat(
        &self,
        queue: &QueueName,
        partition: Partition,
    ) -> Result<bool, StoreError> {
        let mut args = Args::default();
        args.push(queue.as_str());
        let mut reply = self.call(&scripts::SEAT, partition, "leave", &args).await?;
        Ok(reply.text()? == "done")
    }

    /// Sets the signpost at home; false when the queue has come to live elsewhere.
    async fn point(&self, queue: &QueueName, seat: &Seat) -> Result<bool, StoreError> {
        let mut reply = self.point_to(queue, seat, "").await?;
        Ok(reply.text()? == "done")
    }
}
