# the words are in many scripts
"""The words that stand where authors' names belong and are none: roles, networks, buttons, accounts, labels.

Collected from bylines of a thousand news and magazine pages in some thirty languages. All are folded: lower case, no accents.
"""

import re

from crawler.extract.dates.month_names import fold


def _words(*rows: str) -> frozenset[str]:
    return frozenset(fold(word) for row in rows for word in row.split("|"))


# what a person is at a paper; no surname is among them ("Head", "Page" and "Fellow" are)
ROLES = _words(
    "editor|editors|writer|writers|reporter|reporters|correspondent|correspondents|contributor|contributors|columnist|columnists",
    "journalist|journalists|author|authors|blogger|photographer|photojournalist|producer|presenter|anchor|critic|reviewer",
    "analyst|researcher|professor|lecturer|director|manager|president|founder|co-founder|cofounder|ceo|cto|cfo|coo|officer|chairman",
    "coordinator|strategist|specialist|expert|consultant|economist|historian|intern|trainee|educator|educators|curator|publisher|freelancer",
    "redakteur|redakteurin|autor|autorin|korrespondent|korrespondentin|reporterin|journalistin|volontar|volontarin|kolumnist|kolumnistin",
    "chefredakteur|chefredakteurin|chefreporter|chefreporterin|ressortleiter|ressortleiterin|mitarbeiter|mitarbeiterin|gastautor|gastautorin",
    "journaliste|redacteur|redactrice|correspondant|correspondante|chroniqueur|chroniqueuse|auteur|autrice|editorialiste|envoye special|envoyee speciale",
    "periodista|redactor|redactora|corresponsal|colaborador|colaboradora|columnista|editora|autora|reportero|reportera|cronista",
    "giornalista|redattore|redattrice|corrispondente|inviato|inviata|autore|editorialista|collaboratore|collaboratrice",
    "jornalista|redator|redatora|correspondente|colunista|articulista|reporterka|estagiario|estagiaria",
    "redacteur|verslaggever|verslaggeefster|journaliste|correspondente|medewerker|columniste|schrijver",
    "redaktor|journalisten|skribent|kronikor|ledarskribent|debattor|kommentator|redaktorka|medarbetare|journalistikstuderande",
    "dziennikarz|dziennikarka|korespondent|korespondentka|autorka|publicysta|publicystka|redaktorka",
    "novinar|novinarka|redaktorka|zpravodaj|zpravodajka|dopisnik|redaktorica|urednik|urednica|dopisnica",
    "ujsagiro|szerzo|szerkeszto|riporter|jurnalist|jurnalista|toimittaja|kirjoittaja|paatoimittaja",
    "muhabir|editor|yazar|kose yazari|gazeteci|editoru",
    "журналист|журналистка|корреспондент|корреспондентка|автор|редактор|обозреватель|колумнист|репортер|шеф-редактор",
    "журналіст|журналістка|кореспондент|кореспондентка|авторка|редакторка|оглядач|новинар|новинарка|уредник|репортерка|репортерката",
    "δημοσιογραφος|συντακτης|συντακτρια|αρθρογραφος|αρχισυντακτης|كاتب|كاتبة|الكاتب|الكاتبة|مراسل|مراسلة|محرر|محررة|المحرر|صحفي|صحفية|صحافي|صحافية",
    "כתב|כתבת|עורך|עורכת|מאת|פרשן|خبرنگار|نویسنده|روزنامه نگار|संवाददाता|लेखक|रिपोर्टर|पत्रकार|প্রতিবেদক|ผู้สื่อข่าว|ผู้เขียน|phong vien|tac gia|bien tap vien",
    "wartawan|penulis|jurnalis|reporter|记者|記者|编辑|編輯|编辑部|責任編輯|责任编辑|作者|特约记者|通讯员|通訊員|撰稿人|评论员|主笔|編集|編集者|著者|筆者|執筆者|ライター|기자|특파원|논설위원|선임기자|수습기자",
)
# what may stand before a role
RANKS = _words(
    "senior|junior|chief|staff|contributing|associate|managing|executive|deputy|assistant|freelance|guest|lead|principal|former|special|general",
    "news|sports|sport|tech|technology|business|political|politics|health|science|world|national|international|foreign|investigative|digital",
    "features|feature|entertainment|culture|money|finance|city|crime|education|environment|climate|weather|opinion|travel|food|fashion|beauty|gaming",
    "audience|data|video|photo|web|online|social|media|content|copy|editorial|autos|cars|us|uk|eu|asia|africa|europe|multimedia|marketing|vice|co|and|&|the|our|a|an|in|at-large|of",
    "leitender|leitende|stellvertretender|stellvertretende|freier|freie|politischer|grand|en|chef|adjoint|adjointe|jefe|jefa|especial|capo|speciale|adjunto|adjunta|chief",
    "старший|специальный|главный|собственный|військовий|головний|специални|glowny|chefs|sjef|freelance",
)
# social networks and readers of feeds, which are linked beside the name
NETWORKS = _words(
    "twitter|x|facebook|instagram|linkedin|youtube|tiktok|telegram|whatsapp|pinterest|reddit|threads|bluesky|mastodon|weibo|wechat|vk|flipboard|rss|feed",
    "google|google+|google plus|google news|messenger|snapchat|tumblr|xing|viber|line|email|e-mail|mail|website|web site|homepage|webseite|site web|link",
    "微博|微信|新浪微博|qq|qq空间|вконтакте|одноклассники|телеграм|фейсбук|твиттер|تويتر|فيسبوك|واتساب|טוויטר|פייסבוק|ツイッター|フェイスブック|트위터|페이스북|카카오톡",
)
# buttons and labels beside the name
BUTTONS = _words(
    "share|shares|follow|following|followers|subscribe|subscribed|unsubscribe|sign in|sign up|log in|login|register|comments|comment|reply|contact|bio|biography|profile",
    "more|read more|see more|see full bio|view all|view profile|view bio|read full bio|full bio|print|save|copy|copy link|listen|watch|watch live|live|download|size|small|medium|large",
    "updated|published|posted|updated on|published on|posted on|last updated|posted by|written by|published by|by|text by|story by|words by|reviewed by|edited by|fact-checked by",
    "fact checked by|medically reviewed by|reported by|photo|photos|photo by|photos by|image|images|video|home|menu|search|close|open|next|previous|back|top|spotlight|advertisement|ad",
    "sponsored|sponsored content|promoted|paid content|partner content|exclusive|breaking|breaking news|opinion|news|history|share this|share this article|yesterday|today|now|just now",
    "contributed by|gift this article|bookmark|notifications|about|about the author|about the authors|meet the author|view author archive|author profile|all posts|all articles|latest",
    "folgen|teilen|drucken|kommentare|kommentar|merken|mehr|vorlesen|anzeige|heute|gestern|stand|aktualisiert|veroffentlicht|zur autorenseite|suivre|partager|imprimer|commentaires|ecouter|publie|mis a jour",
    "seguir|compartir|imprimir|comentarios|guardar|escuchar|publicado|actualizado|segui|condividi|stampa|commenti|ascolta|pubblicato|aggiornato|compartilhar|comentarios|ouvir|atualizado",
    "volgen|delen|reacties|luister|folj|dela|kommentarer|folg|del|lyssna|udostepnij|komentarze|obserwuj|sdilet|komentare|paylas|yorum|yorumlar|takip et|dinle|jaa|kommentit|megosztas|share pe",
    "поделиться|подписаться|комментарии|комментировать|слушать|читать|обновлено|опубликовано|поділитися|коментарі|опубліковано|شارك|مشاركة|تعليقات|متابعة|استمع|طباعة|שתף|תגובות|עקוב|الرئيسية",
    "博客|论坛|频道|专栏|首页|分享|关注|收藏|评论|打印|字号|大|中|小|来源|來源|我已授权|展开|举报|シェア|フォロー|印刷|保存|コメント|お気に入り|공유|구독|댓글|인쇄|글자크기|스크랩|แชร์|chia se|binh luan|bagikan|komentar",
)
# accounts that no person uses, and what programs write where a name is missing
ACCOUNTS = _words(
    "admin|administrator|super user|superuser|root|webmaster|web master|user|guest|anonymous|unknown|none|null|undefined|n/a|na|nan|test|default|system|author|authors|name|site admin|wordpress|wp|blog",
    "администратор|админ|гость|管理员|佚名|匿名|未知|管理者|관리자|名無し",
)
# words that end or begin the name of a paper, an agency or a broadcaster
OUTLETS = _words(
    "times|post|news|newspaper|newspapers|journal|tribune|herald|gazette|network|media|press|report|magazine|daily|chronicle|guardian|telegraph|standard|observer|independent|record|courier",
    "weekly|review|bulletin|examiner|inquirer|dispatch|bloomberg|broadcasting|radio|television|tv|fm|channel|studio|studios|creative|wire|newswire|digital|group|inc|ltd|llc|gmbh|com|online",
    "zeitung|nachrichten|presse|rundfunk|blatt|tagblatt|tageblatt|anzeiger|kurier|revue|noticias|diario|periodico|giornale|notizie|corriere|gazzetta|krant|dagblad|avis|avisa|tidning|wyborcza",
    "خبرگزاری|وكالة|агентство|новости|газета|вести|известия|правда|новини|新闻|新聞|新华网|日报|日報|晚报|网|電子報|新聞社|通信社|出版社|杂志|編集部|오늘|신문|일보|뉴스|방송",
)
# agencies whose name alone is a byline; short ones only in capitals ("AA", not the button "Aa")
AGENCIES = _words(
    "afp|agence france-presse|reuters|ap|associated press|the associated press|dpa|apa|efe|ansa|tass|тасс|interfax|интерфакс|риа новости|xinhua|新华社|irna|kyodo|共同通信",
    "pti|upi|anadolu ajansi|aa|dha|iha|sda|keystone-sda|belga|anp|ntb|tt|ritzau|stt|lusa|pap|ctk|čtk|mti|agerpres|hina|tanjug|antara|bernama|yonhap|연합뉴스|europa press",
    "adnkronos|lapresse|kuna|رويترز|فرانس برس|the canadian press",
)
# a label and its name: "Text: Ann Lee". The kind decides which name is taken if there are several
_AUTHOR_LABELS = _words(
    "by|author|authors|writer|written by|text|text by|words|words by|story by|report|reporter|reported by|reporting|autor|autorin|autoren|von|texte|auteur|par|por|texto|testo|di|tekst|av|af|door|автор|автори|авторы|текст|корреспондент",
    "yazar|yazan|haber|muhabir|penulis|reporter|oleh|tac gia|ผู้เขียน|โดย|συντακτης|γραφει|بقلم|كتب|كاتب|المصدر|נכתב על ידי|מאת|कलम|लेखक|作者|记者|記者|撰文|文|撰稿|采写|采访|本报记者|通讯员|著者|執筆|執筆者|取材|文・写真|取材・文|글|기자|취재",
)
_OTHER_LABELS = _words(
    "editor|editors|edited by|editing|editing by|fact-checked by|fact checked by|reviewed by|medically reviewed by|medical reviewer|translator|translated by|redaktion|redakteur|bearbeitet von|redaction|redaccion|redazione|redactie|redakcja|redaktor",
    "редактор|редакция|редакція|переводчик|editor|editoru|penyunting|biên tập|editore|责任编辑|责编|编辑|編輯|責任編輯|校对|审核|监制|主编|编审|初审|终审|複審|编译|翻译|編集|編集者|翻訳|翻訳者|訳|訳者|監修|편집|번역",
)
_PICTURE_LABELS = _words(
    "снимка|снимки|nuotr|fotó|kép|sursa foto|fotoğraf|ljósmynd|mynd|ảnh|फोटो|ছবি|bilde|kuvat|kuvaaja|valokuvaaja|fotograaf|photo credit|photo courtesy|"
    "photo|photos|photo by|photos by|photograph by|photographs by|photography|photography by|image|images|image credit|picture|pictures|illustration|illustration by|illustrations by|graphic|graphics|video|video by|credit|credits",
    "foto|fotos|bild|bilder|fotograf|foto von|photo de|photographie|photographe|fotografia|fotografo|imagen|immagine|zdjecie|zdjecia|kuva|foto av|billede|φωτογραφια|φωτο|фото|фотограф|ілюстрація|иллюстрация|fotograf|gambar|صورة|تصوير|צילום|תמונה|عکس|ภาพ",
    "图|图片|图源|图文|摄影|攝影|摄|图片来源|写真|撮影|画像|사진|그래픽|영상",
)
# a source counts only if it is a news agency
_SOURCE_LABELS = _words(
    "source|quelle|quellen|fuente|fonte|bron|kilde|kalla|zrodlo|zdroj|forras|sursa|izvor|allikas|lahde|avots|saltinis|источник|източник|джерело|kaynak|sumber|nguon",
    "πηγη|منبع|מקור|स्रोत|来源|來源|稿源|出典|提供|출처",
)
_KINDS = {
    **dict.fromkeys(_PICTURE_LABELS, "picture"),
    **dict.fromkeys(_SOURCE_LABELS, "source"),
    **dict.fromkeys(_OTHER_LABELS, "other"),
    **dict.fromkeys(_AUTHOR_LABELS, "author"),
}
# the surnames of nine in ten Chinese and Taiwanese
SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文牛岳"
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈葉閻鍾譚鄒陸顧龍萬錢湯喬賀賴龔葛翁莊詹簡游温溫柯洪尤巫施涂歐連倪俞严嚴殷梅齐齊柳向章甘祝裴覃翟符凌路解季欧肖"
)
# the first words of a button's sentence
BUTTON_START = re.compile(
    r"(?:view|see|read) (?:all|more|full|my|profile|bio|orcid|author)|more (?:from|by|about|stories|articles|posts)|follow |share |sign (?:in|up)|log in"
    r"|subscribe|contact |e-?mail |watch live|listen to|(?:all|other|latest|most recent) (?:posts|articles|stories)|about the author|alle (?:artikel|beitrage)|mehr (?:von|zu|uber)"
    r"|tous (?:les|ses) articles|todos (?:los|sus) articulos|voir (?:tous|plus|le)|ver (?:todos|mas|perfil)|tutti gli articoli|все (?:статьи|материалы)",
)


def find_label_kind(word: str) -> str | None:
    """Return whom a label such as "Text" names: ``author``, ``picture``, ``source`` or ``other``; None if it is no label.

    word  without its colon, in any case
    """
    return _KINDS.get(fold(word.strip()))
