"""Pages that answer 200 and hold no article: bot checks, logins, "not found", shells of apps. Pure functions.

They are full of watched words on purpose: none may cause an alert.
"""

from html import escape

WALL = (
    b'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Just a moment...</title></head><body>'
    b"<h1>Checking your browser before you go on</h1><p>Please enable JavaScript and cookies to continue.</p>"
    b'<div class="h-captcha" data-sitekey="1"></div></body></html>'
)
NOT_FOUND = b"<!doctype html><title>Not found</title><h1>Not found</h1>"
LOGIN_PATH = "/account/login"
_LOGIN = (
    "Readers of our drone, glacier and power cut coverage support a newsroom of forty people who work every day of the year to tell "
    "you what happens at the quay, in the council and at the court.",
    "With an account you keep articles, follow topics, get our morning letter and comment on what the mayor said about the comet and "
    "the otter. Creating one takes a minute, and we never pass your address on to anybody else.",
    "If you have forgotten your password we send you a link. If you still cannot get in, please write to our reader service, "
    "which answers between nine and five on working days.",
)
# heading and text of walls, after public reports about feed readers and page watchers
_MISSING = (
    ("en", "We will be back soon", "Drone readers, our site is being maintained. We are working to bring the pages back as quickly as we can and expect "
     "to be finished in the course of the evening. Thank you for your patience; please come back a little later."),
    ("tr", "Sayfa bulunamadı", "Aradığınız deprem sayfası bulunamadı. Sayfa silinmiş, adı değiştirilmiş ya da geçici olarak kullanım dışı olabilir. "
     "Ana sayfaya dönerek aramaya devam edebilir veya menüden ilgilendiğiniz bölümü seçebilirsiniz."),
    ("ja", "ページが見つかりません", "お探しの地震のページは見つかりませんでした。ページが削除されたか、名前が変更されたか、一時的に利用できなくなっている可能性があります。トップページに戻るか、検索をご利用ください。"),
    ("zh", "页面不存在", "您访问的无人机页面不存在或已被删除。请检查您输入的网址是否正确，或者返回首页继续浏览其他内容。如果您认为这是一个错误，请联系我们的客服人员。"),
    ("ru", "Ошибка 404", "Запрошенная страница «землетрясение» не существует или была удалена. Проверьте правильность адреса или вернитесь на главную "
     "страницу сайта, чтобы продолжить чтение. Если вы считаете, что это ошибка, напишите в редакцию."),
    ("de", "Wartungsarbeiten", "Unsere Seiten über Drohne und Erdbeben werden gerade gewartet. Wir bemühen uns, sie so schnell wie möglich wieder zu "
     "zeigen, und rechnen damit, am Abend fertig zu sein. Bitte kommen Sie später noch einmal vorbei."),
    ("fr", "Page introuvable", "La page sur la grève que vous cherchez n'existe pas ou a été supprimée. Vérifiez l'adresse ou revenez à la page d'accueil "
     "pour poursuivre votre lecture. Si vous pensez qu'il s'agit d'une erreur, écrivez à la rédaction."),
    ("en", "Not available in your region", "This drone content is not available in the country from which you are visiting. We are sorry: the rights that "
     "we hold do not allow us to show it to readers outside of our territory, and we cannot say when that will change."),
)  # fmt: skip


def write_login(name: str) -> bytes:
    """Return a sign-in page, long enough to be taken for an article."""
    paragraphs = "".join(f"<p>{escape(one)}</p>" for one in _LOGIN)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in - {name}</title></head><body><main>'
        f"<h1>Sign in to {name}</h1><form><input name=u><input type=password name=p></form>{paragraphs}</main></body></html>"
    ).encode()


def write_missing(number: int) -> bytes:
    """Return a page that says in one of several languages that the page was not found."""
    language, heading, text = _MISSING[number % len(_MISSING)]
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{heading} | Paper</title></head>'
        f"<body><main><h1>{heading}</h1><p>{escape(text)}</p></main></body></html>"
    ).encode()


def write_shell(title: str) -> bytes:
    """Return the page of an app that shows nothing without its scripts."""
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{escape(title)}</title></head><body><div id="app"></div>'
        '<noscript>To use this web application, please enable JavaScript.</noscript><script src="/app.js"></script></body></html>'
    ).encode()


def write_refresh(to: str) -> bytes:
    """Return a page that only redirects to another one."""
    return (
        f'<!doctype html><html><head><meta http-equiv="refresh" content="0; url={escape(to)}"></head><body><a href="{escape(to)}">'
        "moved</a></body></html>"
    ).encode()


def write_stub(headline: str) -> bytes:
    """Return the placeholder page of an article that is not written yet."""
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{escape(headline)}</title></head><body><article>'
        f"<h1>{escape(headline)}</h1><p>More on this story follows in a few minutes.</p></article></body></html>"
    ).encode()
