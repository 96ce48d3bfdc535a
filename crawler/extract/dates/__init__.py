"""Reading dates as sites state them, in any language, calendar and zone."""
