//! Agreements, their sealed keys, and sales units as rows. What they mean, and who may change them, is decided elsewhere.

mod credentials;

use diesel::prelude::*;

use super::StoreError;
use super::columns::{agreement_id, corrupt, currency, millis, provider, sales_unit_id};
use super::schema::{agreements, credentials as keys, events, orders, sales_units};
use super::tx::{EventTx, Reader, Tx};
use crate::domain::event::Event;
use crate::domain::ids::{AgreementId, RegistrationId, SalesUnitId};
use crate::domain::money::Currency;
use crate::domain::sales_unit::{Agreement, Environment, Provider, SalesUnit};
use crate::domain::time::at_millis;
pub use credentials::{NewCredentials, SealedCredentials};

#[derive(Queryable, Insertable)]
#[diesel(table_name = agreements)]
struct AgreementRow {
    id: String,
    display_name: String,
    provider: String,
    environment: String,
    disabled: bool,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<AgreementRow> for Agreement {
    type Error = StoreError;
    fn try_from(row: AgreementRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: agreement_id(&row.id)?,
            display_name: row.display_name,
            provider: provider(&row.provider)?,
            environment: environment(&row.environment)?,
            disabled: row.disabled,
            version: row.version,
            created_at: at_millis(row.created_at),
            updated_at: at_millis(row.updated_at),
        })
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = sales_units)]
struct SalesUnitRow {
    id: String,
    display_name: String,
    merchant_serial_number: String,
    agreement_id: String,
    group_slug: Option<String>,
    is_default: bool,
    disabled: bool,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<SalesUnitRow> for SalesUnit {
    type Error = StoreError;
    fn try_from(row: SalesUnitRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: sales_unit_id(&row.id)?,
            display_name: row.display_name,
            merchant_serial_number: row.merchant_serial_number,
            agreement: agreement_id(&row.agreement_id)?,
            group: row.group_slug,
            is_default: row.is_default,
            disabled: row.disabled,
            created_at: at_millis(row.created_at),
            updated_at: at_millis(row.updated_at),
        })
    }
}

fn environment(word: &str) -> Result<Environment, StoreError> {
    Environment::from_word(word).ok_or_else(|| corrupt("environment", word))
}

/// A unit with the agreement whose keys it is used with.
pub type Contracted = (SalesUnit, Agreement);

fn contracted((unit, agreement): (SalesUnitRow, AgreementRow)) -> Result<Contracted, StoreError> {
    Ok((unit.try_into()?, agreement.try_into()?))
}

/// Where the money of an event's new orders goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payee {
    /// The sales unit.
    pub unit: SalesUnitId,
    /// Whether its money is real; for the house's own the configuration knows.
    pub environment: Option<Environment>,
}

impl Payee {
    /// The house's own unit.
    const HOUSE: Self = Self { unit: SalesUnitId::HOUSE, environment: None };
}

impl Reader<'_> {
    /// Agreements in the order they were made, after this one; the house's own is the first.
    pub fn agreements(&mut self, after: Option<(i64, AgreementId)>, limit: i64) -> Result<Vec<Agreement>, StoreError> {
        let mut query = agreements::table.into_boxed();
        if let Some((made_at, id)) = after {
            let later = agreements::created_at.gt(made_at);
            let same = agreements::created_at.eq(made_at).and(agreements::id.gt(id.to_string()));
            query = query.filter(later.or(same));
        }
        let rows: Vec<AgreementRow> =
            query.order((agreements::created_at, agreements::id)).limit(limit).load(self.conn)?;
        rows.into_iter().map(Agreement::try_from).collect()
    }

    /// One agreement.
    pub fn agreement(&mut self, id: AgreementId) -> Result<Option<Agreement>, StoreError> {
        let row: Option<AgreementRow> = agreements::table.find(id.to_string()).first(self.conn).optional()?;
        row.map(Agreement::try_from).transpose()
    }

    /// Units with their agreements in the order they were made, after this one; the house's own is the first.
    pub fn sales_units(
        &mut self,
        after: Option<(i64, SalesUnitId)>,
        limit: i64,
    ) -> Result<Vec<Contracted>, StoreError> {
        let mut query = sales_units::table.inner_join(agreements::table).into_boxed();
        if let Some((made_at, id)) = after {
            let later = sales_units::created_at.gt(made_at);
            let same = sales_units::created_at.eq(made_at).and(sales_units::id.gt(id.to_string()));
            query = query.filter(later.or(same));
        }
        let rows: Vec<(SalesUnitRow, AgreementRow)> =
            query.order((sales_units::created_at, sales_units::id)).limit(limit).load(self.conn)?;
        rows.into_iter().map(contracted).collect()
    }

    /// One unit with its agreement.
    pub fn sales_unit(&mut self, id: SalesUnitId) -> Result<Option<Contracted>, StoreError> {
        let row: Option<(SalesUnitRow, AgreementRow)> = sales_units::table
            .inner_join(agreements::table)
            .filter(sales_units::id.eq(id.to_string()))
            .first(self.conn)
            .optional()?;
        row.map(contracted).transpose()
    }

    /// The unit that a group's events take unless they name another.
    pub fn default_unit(&mut self, group: &str) -> Result<Option<Contracted>, StoreError> {
        let row: Option<(SalesUnitRow, AgreementRow)> = sales_units::table
            .inner_join(agreements::table)
            .filter(sales_units::group_slug.eq(group.to_owned()).and(sales_units::is_default.eq(true)))
            .first(self.conn)
            .optional()?;
        row.map(contracted).transpose()
    }

    /// The currencies of a group's coming events that name no unit.
    pub fn currencies_without_a_unit(&mut self, group: &str) -> Result<Vec<Currency>, StoreError> {
        let now = millis(self.now());
        let codes: Vec<String> = events::table
            .filter(events::organizer.eq(group.to_owned()).and(events::sales_unit.is_null()))
            .filter(events::end_date.ge(now).and(events::price.is_not_null()))
            .select(events::currency)
            .distinct()
            .load(self.conn)?;
        codes.iter().map(|code| currency(code)).collect()
    }

    /// The units of an agreement, the oldest first.
    pub fn units_of_agreement(&mut self, id: AgreementId) -> Result<Vec<SalesUnit>, StoreError> {
        let rows: Vec<SalesUnitRow> = sales_units::table
            .filter(sales_units::agreement_id.eq(id.to_string()))
            .order((sales_units::created_at, sales_units::id))
            .load(self.conn)?;
        rows.into_iter().map(SalesUnit::try_from).collect()
    }

    /// The units, beside the house's own, that new orders may begin with and whose agreement has keys.
    pub fn units_at_work(&mut self) -> Result<Vec<SalesUnitId>, StoreError> {
        let with_keys = keys::table.select(keys::agreement_id);
        let ids: Vec<String> = sales_units::table
            .inner_join(agreements::table)
            .filter(sales_units::disabled.eq(false).and(agreements::disabled.eq(false)))
            .filter(agreements::id.eq_any(with_keys))
            .order((sales_units::created_at, sales_units::id))
            .select(sales_units::id)
            .load(self.conn)?;
        ids.iter().map(|id| sales_unit_id(id)).collect()
    }

    /// True when another unit has this number where money is as real.
    pub fn serial_number_is_taken(&mut self, number: &str, environment: Environment) -> Result<bool, StoreError> {
        let same = sales_units::table
            .inner_join(agreements::table)
            .filter(sales_units::merchant_serial_number.eq(number.to_owned()))
            .filter(agreements::environment.eq(environment.word()))
            .select(sales_units::id);
        Ok(diesel::select(diesel::dsl::exists(same)).get_result(self.conn)?)
    }

    /// True when an event that is not over names the unit.
    pub fn sales_unit_is_named(&mut self, id: SalesUnitId) -> Result<bool, StoreError> {
        let now = millis(self.now());
        let coming = events::table.filter(events::sales_unit.eq(id.to_string())).filter(events::end_date.ge(now));
        Ok(diesel::select(diesel::dsl::exists(coming)).get_result(self.conn)?)
    }
}

impl Tx<'_> {
    /// Saves a new agreement.
    pub fn insert_agreement(&mut self, agreement: &Agreement) -> Result<(), StoreError> {
        let row = AgreementRow {
            id: agreement.id.to_string(),
            display_name: agreement.display_name.clone(),
            provider: agreement.provider.word().to_owned(),
            environment: agreement.environment.word().to_owned(),
            disabled: agreement.disabled,
            version: agreement.version,
            created_at: millis(agreement.created_at),
            updated_at: millis(agreement.updated_at),
        };
        diesel::insert_into(agreements::table).values(row).execute(self.conn)?;
        Ok(())
    }

    /// Saves what changed about an agreement.
    pub fn save_agreement(&mut self, agreement: &Agreement) -> Result<(), StoreError> {
        diesel::update(agreements::table.find(agreement.id.to_string()))
            .set((
                agreements::display_name.eq(agreement.display_name.clone()),
                agreements::provider.eq(agreement.provider.word()),
                agreements::disabled.eq(agreement.disabled),
                agreements::version.eq(agreements::version + 1),
                agreements::updated_at.eq(millis(agreement.updated_at)),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    /// Saves a new unit.
    pub fn insert_sales_unit(&mut self, unit: &SalesUnit) -> Result<(), StoreError> {
        self.make_room_for_default(unit)?;
        let row = SalesUnitRow {
            id: unit.id.to_string(),
            display_name: unit.display_name.clone(),
            merchant_serial_number: unit.merchant_serial_number.clone(),
            agreement_id: unit.agreement.to_string(),
            group_slug: unit.group.clone(),
            is_default: unit.is_default,
            disabled: unit.disabled,
            created_at: millis(unit.created_at),
            updated_at: millis(unit.updated_at),
        };
        diesel::insert_into(sales_units::table).values(row).execute(self.conn)?;
        Ok(())
    }

    /// Saves what changed about a unit.
    pub fn save_sales_unit(&mut self, unit: &SalesUnit) -> Result<(), StoreError> {
        self.make_room_for_default(unit)?;
        diesel::update(sales_units::table.find(unit.id.to_string()))
            .set((
                sales_units::display_name.eq(unit.display_name.clone()),
                sales_units::group_slug.eq(unit.group.clone()),
                sales_units::is_default.eq(unit.is_default),
                sales_units::disabled.eq(unit.disabled),
                sales_units::updated_at.eq(millis(unit.updated_at)),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    // A group has one default: a new one takes the place of the old.
    fn make_room_for_default(&mut self, unit: &SalesUnit) -> Result<(), StoreError> {
        if unit.is_default {
            let of_group = sales_units::table.filter(sales_units::group_slug.eq(unit.group.clone()));
            let others =
                of_group.filter(sales_units::is_default.eq(true)).filter(sales_units::id.ne(unit.id.to_string()));
            let updated_at = sales_units::updated_at.eq(millis(self.now()));
            diesel::update(others).set((sales_units::is_default.eq(false), updated_at)).execute(self.conn)?;
        }
        Ok(())
    }

    /// Says of the orders from before whether their money is made up; answers how many there were.
    pub fn say_test_mode(&mut self, test_mode: bool) -> Result<usize, StoreError> {
        let unsaid = orders::table.filter(orders::test_mode.is_null());
        Ok(diesel::update(unsaid).set(orders::test_mode.eq(test_mode)).execute(self.conn)?)
    }
}

impl Reader<'_> {
    /// Where the money of an event's new orders goes: to the unit that it names, else to its group's default, else to the
    /// house's own.
    pub fn payee_of(&mut self, event: &Event) -> Result<Payee, StoreError> {
        let named = event.details.paid_information.as_ref().and_then(|paid| paid.sales_unit);
        match named {
            Some(SalesUnitId::HOUSE) => Ok(Payee::HOUSE),
            Some(id) => Ok(self
                .sales_unit(id)?
                .map_or(Payee::HOUSE, |(_, agreement)| Payee { unit: id, environment: Some(agreement.environment) })),
            None => {
                let row: Option<(String, String)> = sales_units::table
                    .inner_join(agreements::table)
                    .filter(sales_units::group_slug.eq(event.details.organizer.clone()))
                    .filter(sales_units::is_default.eq(true))
                    .select((sales_units::id, agreements::environment))
                    .first(self.conn)
                    .optional()?;
                match row {
                    Some((id, word)) => Ok(Payee { unit: sales_unit_id(&id)?, environment: Some(environment(&word)?) }),
                    None => Ok(Payee::HOUSE),
                }
            }
        }
    }
}

impl Reader<'_> {
    /// With whom an event's new orders are paid.
    pub fn provider_of_event(&mut self, event: &Event) -> Result<Provider, StoreError> {
        let unit = self.payee_of(event)?.unit;
        Ok(self.sales_unit(unit)?.map_or(Provider::VippsEpayment, |(_unit, agreement)| agreement.provider))
    }

    /// With whom a registration is paid: as its newest payment was planned, else as the event's new orders are. Where
    /// nothing costs anything nobody speaks of it.
    pub fn provider_for(&mut self, id: RegistrationId, event: &Event) -> Result<Provider, StoreError> {
        match self.provider_of_registration(id)? {
            Some(provider) => Ok(provider),
            None if event.details.paid_information.is_some() => self.provider_of_event(event),
            None => Ok(Provider::VippsEpayment),
        }
    }
}

impl EventTx<'_> {
    /// Where the money of the event's new orders goes. Asked of the database once a write.
    pub fn payee(&mut self) -> Result<Payee, StoreError> {
        if let Some(payee) = self.unit {
            return Ok(payee);
        }
        let event = self.event.clone();
        let payee = self.payee_of(&event)?;
        self.unit = Some(payee);
        Ok(payee)
    }
}
