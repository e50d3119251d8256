//! `connector.client.config.override.policy` (KIP-458).

use std::str::FromStr;

/// Which client settings a connector may override.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverridePolicy {
    /// Any.
    All,
    /// None.
    None,
    /// Those that say who the client is.
    Principal,
}

const PRINCIPAL: [&str; 3] = ["sasl.jaas.config", "sasl.mechanism", "security.protocol"];

impl FromStr for OverridePolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.trim();
        let simple = name.rsplit('.').next().unwrap_or(name);
        let simple = simple
            .strip_suffix("ConnectorClientConfigOverridePolicy")
            .unwrap_or(simple);
        match simple.to_ascii_lowercase().as_str() {
            "all" => Ok(Self::All),
            "none" => Ok(Self::None),
            "principal" => Ok(Self::Principal),
            _ => Err(format!(
                "Invalid value {name} for configuration connector.client.config.override.policy: \
                 this worker has All, None and Principal"
            )),
        }
    }
}

impl OverridePolicy {
    /// Whether a connector may override `name`, a setting of the client whose
    /// settings it gives with `prefix`.
    ///
    /// # Errors
    /// In the words of Connect's policies.
    pub fn check(self, prefix: &str, name: &str) -> Result<(), String> {
        let (policy, allowed) = match self {
            Self::All => return Ok(()),
            Self::None => ("None", false),
            Self::Principal => ("Principal", PRINCIPAL.contains(&name)),
        };
        if allowed {
            return Ok(());
        }
        Err(format!(
            "Invalid value for configuration {prefix}{name}: The '{policy}' policy does \
             not allow '{name}' to be overridden in the connector configuration."
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_named_by_alias_or_class() {
        let class = "org.apache.kafka.connect.connector.policy.PrincipalConnectorClientConfigOverridePolicy";
        assert_eq!(class.parse(), Ok(OverridePolicy::Principal));
        assert_eq!("none".parse(), Ok(OverridePolicy::None));
        let error = "Allowlist".parse::<OverridePolicy>().expect_err("not here");
        assert!(
            error.contains("connector.client.config.override.policy"),
            "{error}"
        );
    }

    #[test]
    fn each_policy_allows_what_it_says() {
        let check = |policy: OverridePolicy, name| policy.check("admin.override.", name);
        assert!(check(OverridePolicy::All, "acks").is_ok());
        assert!(check(OverridePolicy::Principal, "sasl.jaas.config").is_ok());
        assert!(check(OverridePolicy::Principal, "acks").is_err());
        let error = check(OverridePolicy::None, "sasl.mechanism").expect_err("none");
        assert!(error.contains("admin.override.sasl.mechanism"), "{error}");
    }
}
