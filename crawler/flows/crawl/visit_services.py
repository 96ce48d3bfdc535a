"""The services of a process that visits sources, wherever its notebook is kept."""

from crawler.flows.crawl.throttle import SiteLimits
from crawler.flows.process.services import Services


class VisitServices(Services):
    """Services with what sites ask of crawlers; a subclass makes both, as the limits are kept by the notebook."""

    site_limits: SiteLimits
