"""Scrapy's settings: the only file that spells their names.

The capitals are what every crawl has, read by Scrapy through scrapy.cfg; ``settings_from`` adds what the person
configured.
"""

from scrapy.settings import BaseSettings

from crawler.config.load import load_environment_config
from crawler.config.schema import Config

BOT_NAME = "watchword"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
ASYNCIO_EVENT_LOOP = "uvloop.Loop"

# network content is hostile: http and https alone, certificates checked, nothing taken from the environment
DOWNLOAD_HANDLERS = {
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
    "http": "crawler.middlewares.download.download_handler.BoundedHandler",
    "https": "crawler.middlewares.download.download_handler.BoundedHandler",
}
DOWNLOAD_VERIFY_CERTIFICATES = True
TWISTED_DNS_RESOLVER = "crawler.middlewares.network.resolver.GuardedResolver"
DNS_TIMEOUT = 15
HTTPPROXY_ENABLED = False
# ours: middlewares/cookies.py
COOKIES_ENABLED = False
REFERRER_POLICY = "no-referrer"
# ours: middlewares/redirects.py
METAREFRESH_ENABLED = False
REDIRECT_MAX_TIMES = 5
# every answer comes to us, whatever its status; redirects are followed first
HTTPERROR_ALLOW_ALL = True
# ours: middlewares/answers.py, once it is unpacked and its own end can be seen
DOWNLOAD_FAIL_ON_DATALOSS = False
DOWNLOAD_WARNSIZE = 0
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# ours: middlewares/robots.py
ROBOTSTXT_OBEY = False
# a failed fetch is tried again by the crawl queue, later and with backoff, never at once
RETRY_ENABLED = False
CONCURRENT_REQUESTS = 64
CONCURRENT_ITEMS = 8
# what waits to be understood is counted in the byte budget; at this limit the engine wakes only every 5 s to look again
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 2**62
# the crawl process lives for months: fingerprints of requests seen must not pile up in memory
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
LOGSTATS_INTERVAL = 0
LOG_LEVEL = "WARNING"
LOG_INSTALL_ROOT_HANDLER = False
LOG_VERSIONS: list[str] = []
# a request passes from top to bottom, its answer from bottom to top. So each redirect passes guard and robots.txt anew,
# a source's own headers are set before a chain's cookies join them, and an answer comes by politeness (its 429 counts,
# redirect or not), cookies (a redirect may set some), HTTP's redirects, unpacking, and those that only a page's text shows
DOWNLOADER_MIDDLEWARES = {
    "crawler.middlewares.site_headers.PlainAddresses": 70,
    "crawler.middlewares.download.failures.TrueReasons": 80,
    "crawler.middlewares.download.answers.CountedAnswers": 85,
    "crawler.middlewares.network.address_guard.AddressGuard": 90,
    "crawler.middlewares.robots.RobotsGate": 100,
    "crawler.middlewares.conditional_get.ConditionalGet": 410,
    "crawler.middlewares.site_headers.SiteHeaders": 420,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "crawler.middlewares.redirects.PageRedirects": 580,
    "crawler.middlewares.download.answers.Unpacking": 590,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "crawler.middlewares.redirects.Redirects": 600,
    "crawler.middlewares.cookies.ChainCookies": 650,
    "crawler.middlewares.politeness.Politeness": 760,
}
ADDONS = {"crawler.settings.ConfiguredSettings": 0}
ITEM_PIPELINES = {"crawler.pipelines.IngestPipeline": 100}


def settings_from(config: Config) -> dict[str, object]:
    """Give the Scrapy settings that depend on the configuration."""
    fetch = config.fetch
    return {
        **(_browser_settings(fetch.browser) if config.needs_browser else {}),
        "USER_AGENT": fetch.introduction,
        "DOWNLOAD_TIMEOUT": fetch.timeout.total_seconds(),
        "DOWNLOAD_MAXSIZE": fetch.max_size,
        # ours: middlewares/download_handler.py
        "TLS_CA_FILE": str(config.tls.ca_file) if config.tls.ca_file else None,
        # ours: middlewares/site_headers.py
        "PROXY_RULES": fetch.proxy_rules,
        # ours: middlewares/byte_budget.py
        "IN_FLIGHT_MAXSIZE": fetch.in_flight,
        "DOWNLOAD_DELAY": fetch.per_domain.delay.total_seconds(),
        "CONCURRENT_REQUESTS_PER_DOMAIN": fetch.per_domain.concurrency,
    }


def _browser_settings(browser: str) -> dict[str, object]:
    """Give what has pages opened in a browser; only for those who ask, for it starts a process of its own."""
    handler = "crawler.middlewares.browser.browser_handler.BrowserHandler"
    return {
        "DOWNLOAD_HANDLERS": {**DOWNLOAD_HANDLERS, "http": handler, "https": handler},
        "DOWNLOADER_MIDDLEWARES": {
            **DOWNLOADER_MIDDLEWARES,
            "crawler.middlewares.browser.browser.Browser": 770,
        },
        "PLAYWRIGHT_ABORT_REQUEST": "crawler.middlewares.browser.browser.is_unwanted",
        "PLAYWRIGHT_PROCESS_REQUEST_HEADERS": "crawler.middlewares.browser.browser_headers.keep_at_home",
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 4,
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            **({"executable_path": browser} if browser else {}),
            # calls between browsers would not go through the guarded egress proxy
            "args": ["--force-webrtc-ip-handling-policy=disable_non_proxied_udp"],
        },
    }


class ConfiguredSettings:
    """A Scrapy add-on: puts the configured settings in force for the scrapy command."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Read the configuration where the environment says it is."""
        settings.setdict(settings_from(load_environment_config()), priority="addon")


def worker_settings(config: Config) -> dict[str, object]:
    """Give all settings for the crawl process, which is handed its configuration."""
    fixed = {name: value for name, value in globals().items() if name.isupper()}
    return {**fixed, "ADDONS": {}, **settings_from(config)}
