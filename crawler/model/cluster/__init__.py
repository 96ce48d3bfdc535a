"""Records about visits that workers on other machines make."""
