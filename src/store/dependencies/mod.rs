//! Dependencies between tasks, wherever they live: the questions that children ask their parents, and
//! the answers.
//!
//! A child asks by rows of the outbox (`ask`), a parent that ends answers by one (`ended`), and both
//! lead to `answer`. Each step may be repeated: who was told is not told anew, and a child that does
//! not wait for a parent any more hears nothing. `parents` is for claims, which bring the results along.

mod answer;
mod ask;
mod ended;
mod parents;

use answer::Answer;
