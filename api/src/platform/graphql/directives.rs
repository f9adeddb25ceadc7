//! What the schema says about costs, in the words of IBM's GraphQL Cost Directives
//! (<https://ibm.github.io/graphql-specs/cost-spec.html>). `platform::operation` reads them from the schema's text.

pub use cost_directive::cost;
pub use list_size_directive::list_size;

mod cost_directive {
    #![allow(missing_docs, reason = "the derive makes a public item of its own")]
    use async_graphql::TypeDirective;

    /// Points that a field costs, or that giving an argument adds.
    #[TypeDirective(location = "FieldDefinition", location = "ArgumentDefinition")]
    pub fn cost(weight: String) {}
}

mod list_size_directive {
    #![allow(missing_docs, reason = "the derive makes a public item of its own")]
    use async_graphql::TypeDirective;

    /// Rows that a list without a size of its own is taken to have: as many as it may have, or, where they come with
    /// their object and cost no reading, as many as are usual.
    #[TypeDirective(location = "FieldDefinition", name = "listSize")]
    pub fn list_size(assumed_size: i32) {}
}
