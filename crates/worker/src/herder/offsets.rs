//! Reading and changing a connector's offsets from outside (KIP-875).

use std::sync::{MutexGuard, PoisonError};

use super::{Herder, HerderError, Target};
use crate::offsets::{OffsetStore, PartitionOffset};

impl Herder {
    pub(super) fn offset_store(&self) -> MutexGuard<'_, OffsetStore> {
        self.offsets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stored offsets of a connector.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn offsets(&self, name: &str) -> Result<Vec<PartitionOffset>, HerderError> {
        if !self.connectors().contains_key(name) {
            return Err(HerderError::not_found(name));
        }
        Ok(self.offset_store().list(name))
    }

    /// Changes offsets of a connector that is stopped.
    ///
    /// # Errors
    /// There is none of this name, or it is not stopped.
    pub async fn alter_offsets(
        &self,
        name: &str,
        offsets: &[PartitionOffset],
    ) -> Result<(), HerderError> {
        let _changing = self.change().await?;
        self.check_stopped(name)?;
        self.offset_store().alter(name, offsets);
        self.flush_offsets().await;
        Ok(())
    }

    /// Takes all offsets of a connector away that is stopped.
    ///
    /// # Errors
    /// There is none of this name, or it is not stopped.
    pub async fn reset_offsets(&self, name: &str) -> Result<(), HerderError> {
        let _changing = self.change().await?;
        self.check_stopped(name)?;
        self.offset_store().reset(name);
        self.flush_offsets().await;
        Ok(())
    }

    fn check_stopped(&self, name: &str) -> Result<(), HerderError> {
        match self.connectors().get(name) {
            None => Err(HerderError::not_found(name)),
            Some(connector) if connector.target == Target::Stopped => Ok(()),
            Some(_) => Err(HerderError::BadRequest(format!(
                "Connectors must be in the STOPPED state before their offsets can be modified. This can \
                 be done for the specified connector by issuing a 'PUT' request to the \
                 '/connectors/{name}/stop' endpoint"
            ))),
        }
    }
}
