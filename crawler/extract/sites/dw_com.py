"""Rules for Deutsche Welle, pages up to 2023: the author is in a list of facts below the article, after a label.

learned on  a page of April 2023 whose metadata states the publisher as author
"""

from crawler.extract.sites.rules import SiteRules

RULES = SiteRules(byline="ul.smallList li:contains('Autorin/Autor')")
