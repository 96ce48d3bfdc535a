"""Scrapy's settings. No other file sets one.

The constants apply to every crawl; Scrapy reads them through scrapy.cfg. ``settings_from`` adds those that depend on
the configuration.
"""

from scrapy.settings import BaseSettings

from crawler.config.load import load_environment_config
from crawler.config.schema import Config

BOT_NAME = "watchword"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
# a request in the running engine takes 2 to 3 ms of processor time with it
ASYNCIO_EVENT_LOOP = "uvloop.Loop"

# content is hostile: with Scrapy's defaults a `file:` link in a feed or sitemap read a local file, and a self-signed
# certificate for another name was accepted
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
# seconds after which a look-up counts as failed; one of the resolver's threads stays busy until the system gives up
DNS_TIMEOUT = 15
# a proxy of the environment would bypass the address guard, which would see only the proxy's address (decision 028)
HTTPPROXY_ENABLED = False
# replaced by middlewares/cookies.py, which forgets cookies at the end of a chain of redirects
COOKIES_ENABLED = False
# a site need not know on which page an address was found
REFERRER_POLICY = "no-referrer"
# replaced by middlewares/redirects.py
METAREFRESH_ENABLED = False
# Scrapy's own limit is 20; RFC 9309 2.3.1.2 asks for at least five for robots.txt
REDIRECT_MAX_TIMES = 5
# every answer reaches our code, whatever its status; redirects are followed first
HTTPERROR_ALLOW_ALL = True
# replaced by middlewares/download/answers.py: whether a body is complete can be judged only once it is unpacked
DOWNLOAD_FAIL_ON_DATALOSS = False
# no warning: an answer over DOWNLOAD_MAXSIZE is refused with a sentence of ours
DOWNLOAD_WARNSIZE = 0
# both would listen on a port and run code that is sent to them
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# replaced by middlewares/robots.py: Scrapy fetches it anew in each process and takes 500 or a time-out for "all is allowed"
ROBOTSTXT_OBEY = False
# a failed fetch is retried by the crawl queue with backoff; Scrapy's retries ask again within seconds (decision 010)
RETRY_ENABLED = False
# pages wait by their own domain, news first
SCHEDULER = "crawler.middlewares.download.page_queue.PageQueue"
# no limit of Scrapy's own, which kept pages waiting while endpoints were read: visits being read are limited by worker.py,
# pages with the downloader by the queue
CONCURRENT_REQUESTS = 0
CONCURRENT_ITEMS = 8  # of one answer; an answer of ours is one item at most
# no limit, because the byte budget counts pages that wait to be understood; over a limit Scrapy looks only every 5 s again
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 2**62
# no filter: the crawl process lives for months, and fingerprints of requests would pile up in memory
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
# crawler/log.py writes the log: no handler of Scrapy's, no list of versions, no line a minute on the pages crawled
LOGSTATS_INTERVAL = 0
LOG_LEVEL = "WARNING"
LOG_INSTALL_ROOT_HANDLER = False
LOG_VERSIONS: list[str] = []
# Requests pass from top to bottom, answers from bottom to top; the numbers only set this order. So each redirect passes the
# guard and robots.txt again, and a source's own headers are set before the cookies of a chain are added. An answer passes
# politeness first (a 429 counts, redirect or not), then cookies (a redirect may set some), HTTP redirects, unpacking, and
# redirects in a page's text
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
    """Return the Scrapy settings that depend on the configuration."""
    fetch = config.fetch
    return {
        **(_browser_settings(fetch.browser) if config.needs_browser else {}),
        "USER_AGENT": fetch.introduction,
        "DOWNLOAD_TIMEOUT": fetch.timeout.total_seconds(),
        "DOWNLOAD_MAXSIZE": fetch.max_size,
        # read by middlewares/download/download_handler.py
        "TLS_CA_FILE": str(config.tls.ca_file) if config.tls.ca_file else None,
        # read by middlewares/site_headers.py and middlewares/browser/browser.py
        "PROXY_RULES": fetch.proxy_rules,
        # read by middlewares/download/byte_budget.py
        "IN_FLIGHT_MAXSIZE": fetch.in_flight,
        "DOWNLOAD_DELAY": fetch.per_domain.delay.total_seconds(),
        "CONCURRENT_REQUESTS_PER_DOMAIN": fetch.per_domain.concurrency,
    }


def _browser_settings(browser: str) -> dict[str, object]:
    """Return the settings for opening pages in a browser, which starts processes of its own; used only if a source needs it."""
    handler = "crawler.middlewares.browser.browser_handler.BrowserHandler"
    return {
        "DOWNLOAD_HANDLERS": {**DOWNLOAD_HANDLERS, "http": handler, "https": handler},
        "DOWNLOADER_MIDDLEWARES": {
            **DOWNLOADER_MIDDLEWARES,
            "crawler.middlewares.browser.browser.Browser": 770,
        },
        "PLAYWRIGHT_ABORT_REQUEST": "crawler.middlewares.browser.browser.is_unwanted",
        "PLAYWRIGHT_PROCESS_REQUEST_HEADERS": "crawler.middlewares.browser.browser_headers.keep_at_home",
        # pages open at once in one context, each with its scripts in memory; further ones wait
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 4,
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            **({"executable_path": browser} if browser else {}),
            # WebRTC over UDP would not go through the guarded egress proxy
            "args": ["--force-webrtc-ip-handling-policy=disable_non_proxied_udp"],
        },
    }


class ConfiguredSettings:
    """Scrapy add-on that applies the configured settings to the `scrapy` command."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Add the settings of the configuration that the environment names."""
        settings.setdict(settings_from(load_environment_config()), priority="addon")


def worker_settings(config: Config) -> dict[str, object]:
    """Return all settings for the crawl process, which gets its configuration from the daemon."""
    fixed = {name: value for name, value in globals().items() if name.isupper()}
    return {**fixed, "ADDONS": {}, **settings_from(config)}
