"""The words of consent in English, German, French, Spanish, Italian, Portuguese, Dutch, and Japanese.

Every word is folded as `consentwords.words_of` folds a text: no capitals, no accents (`ß` is `ss`). Words of Japanese
stand within longer texts, which have no spaces.
"""

from collections.abc import Mapping

from pressrun.model.subscriber import SubscriptionState

# Pairs of words that are one word elsewhere.
JOINED: Mapping[str, str] = {
    "opt in": "optin",
    "opted in": "optin",
    "opts in": "optin",
    "opt out": "optout",
    "opted out": "optout",
    "opts out": "optout",
    "opting out": "optout",
    "black list": "blacklist",
    "black listed": "blacklist",
    "block list": "blocklist",
    "block listed": "blocklist",
    "deny list": "denylist",
    "stop list": "blocklist",
    "un subscribed": "unsubscribed",
    "un subscribe": "unsubscribe",
    "sign up": "signup",
    "signed up": "signup",
    "e mail": "email",
    "e mails": "emails",
    "e mailing": "mailing",
    "e mailings": "mailings",
    "lista negra": "blacklist",
    "lista nera": "blacklist",
    "liste noire": "blacklist",
    "liste rouge": "blacklist",
    "zwarte lijst": "blacklist",
    "schwarze liste": "blacklist",
    "dado de baja": "baja",
    "dada de baja": "baja",
    "hat sich abgemeldet": "abgemeldet",
    "don t": "dont",
    "lettre d information": "infolettre",
    "lettre information": "infolettre",
    "double optin": "doubleoptin",
    "single optin": "singleoptin",
    "soft bounce": "softbounce",
    "soft bounced": "softbounced",
    "hard bounce": "hardbounce",
    "hard bounced": "hardbounced",
}

# What a word that contains one of these says, wherever in the word it is (German and Dutch put words together).
LEFT_WITHIN = (
    "unsubscri optout blacklist blocklist denylist suppress abgemeldet abmeld abbestell austrag ausgetragen "
    "gesperrt sperrliste sperrvermerk werbesperre werbeverbot kontaktsperre mailsperre widerruf widerspr "
    "widersproch desabonn desinscri desuscri disiscri descadastr desubscri uitgeschrev uitschrijv afgemeld "
    "afmeld geblokkeerd blockiert 配信停止 購読解除 購読停止 登録解除 配信解除 解除 退会 退訂 拒否 配信不可 "
    "受信不可 送信不可 停止 オプトアウト ブラックリスト ブロック 希望しない 希望しません 不要 配信しない "
    "送らない 受け取らない 除外"
).split()
# What a word that begins with one of these says.
LEFT_BEGINS = (
    "sperr unsub revoke revoqu revocad revocat revogad withdrew withdrawn bloquead bloccat resilie opgezegd "
    "ingetrokken geweigerd gekundigt gekuendigt"
).split()
# What these words say.
LEFT = (
    "deceased verstorben decede decedee fallecido fallecida deceduto deceduta falecido falecida overleden "
    "blocked bloque bloques bloquee banned excluded excluido excluida escluso esclusa exclu exclue opposition "
    "opposizione oposicion oposicao bezwaar objected objection opposed oppose refused refuse refuses refusee "
    "rechazado rechazada rifiutato rifiutata recusado recusada rejected declined denied robinsonliste nomail "
    "noemail nomailing donotcontact donotemail donotmail donotsend dnc supprime supprimee suprimido suprimida "
    "soppresso soppressa"
).split()
# The same, where nothing else can be meant: such words are also about other things.
LEFT_MAYBE = (
    "inactive inaktiv inactif inactivo inactiva inattivo inattiva inativo inativa inactief churned removed "
    "deleted disabled archived left gone cancelled canceled cancel cancelado cancelada cancellato cancellata "
    "annule stop stopped block muted expired baja bajas robinson dnd geloscht geloescht deaktiviert desactive "
    "desactivado desactivada disattivato disattivata desativado desativada gedeactiveerd verwijderd eliminado "
    "eliminada eliminato eliminata removido removida 削除 無効 不可"
).split()
BOUNCED_WITHIN = (
    "undeliver hardbounce gebounc unzustellbar onbestelbaar バウンス 不達 配信エラー エラーメール 届かない".split()
)
BOUNCED_BEGINS = "rebotad rimbalz nondistribu".split()
BOUNCED = "bounce bounced bounces bouncing bounceback unreachable devolvido devolvida devuelto devuelta".split()
BOUNCED_MAYBE = (
    "rebote rebond rebonds ndr cleaned invalid invalide invalido invalida ungultig ungueltig dead undelivered".split()
)
COMPLAINED_WITHIN = "complain beschwerde 苦情 迷惑メール".split()
COMPLAINED_BEGINS = "reclamac".split()
COMPLAINED = "spam spammed spammer spammy plainte plaintes queja quejas reclamo reclami klacht klachten fbl".split()
COMPLAINED_MAYBE = "abuse junk".split()

CONSENT_WITHIN = (
    "rundschreiben optin newsletter nieuwsbrief rundbrief infolettre einwillig zustimm zugestimmt einverstand "
    "einverstaend werbeerlaubnis toestemm メルマガ メールマガジン ニュースレター 購読 同意 許可 承諾 許諾 "
    "オプトイン 配信 受信 希望"
).split()
CONSENT_BEGINS = (
    "consent subscribed subscribe subscribes permission suscrit suscript suscrip inscrit iscritt abonniert "
    "abonne angemeldet ingeschreven aangemeld permis"
).split()
CONSENT = "consenso gdpr dsgvo rgpd lgpd boletin boletim boletines boletins inscrito inscrita avg".split()
CONSENT_MAYBE = (
    "pub 可否 marketing mailing mailings promo promos promotion promotions promotional advertising werbung "
    "publicite publicidad pubblicita publicidade reclame prospection accept accepts accepted acceptance "
    "accepte acepta accetta aceita aceite agree agrees agreed agreement akkoord accord allow allows allowed "
    "authorized authorised autorise autorisation autoriza autorizacion autorizza autorizzazione erlaubnis "
    "erlaubt darf permitted active aktiv actif activo activa attivo attiva ativo ativa actief enabled "
    "aktiviert active wants wanted receive receives receiving reception contactable communication "
    "communications comunicaciones comunicazioni comunicacoes offers angebote offres ofertas offerte "
    "aanbiedingen subscription subscriptions subscriber abo abonnent abonnement abonnee anmeldung inscription "
    "inscripcion iscrizione inscricao inschrijving aanmelding assinante assinatura signup campaigns kampagnen "
    "updates 登録 会員 広告 案内"
).split()
CONFIRMED_WITHIN = "doubleoptin 確認済 本登録".split()
CONFIRMED_BEGINS = "confirmed confirmation confirme confirmad confermat bestatig bestaetig bevestig".split()
CONFIRMED = (
    "valid gultig gueltig valide valido valida geldig doi verified verifiziert verifie verificado verificato "
    "geverifieerd"
).split()

# "no", "not", "without": what follows does not hold.
NEGATORS = (
    "not no non never dont without nicht kein keine keinen keiner keinerlei nie niemals pas ne jamais aucun "
    "aucune sans sin nunca ningun ninguna ningunas senza nessun nessuna mai nao sem nenhum nenhuma geen niet "
    "nooit zonder"
).split()
# In a label these come before what they deny: "Contact no" is a number.
LEADING_NEGATORS = frozenset(("no", "non", "ne", "mai", "sem"))
NEGATORS_WITHIN = ("未", "非", "なし", "しない", "ません")
# What somebody is not to be done: alone, these are about nothing.
CONTACT = (
    "contact contacted contacts email emails mail mails mailed emailed send sending sent call disturb "
    "kontaktieren kontakt anschreiben anmailen mailen senden schicken bemailen contacter envoyer ecrire "
    "courriel courriels contactar enviar escribir correo correos molestar contattare inviare scrivere contatar "
    "escrever perturbar perturbe contacteren sturen benaderen post メール 連絡 送信"
).split()
# Labels with a word that begins so are about reaching people; a yes or a no below them is asked about.
REACHING = ("email", "mail", "contact", "kontakt", "correo", "courriel", "メール", "連絡")
# Words that may stand beside those of consent in a cell that holds nothing else.
AROUND = (
    "please bitte me us you from of for to by on off at the a an our list lists list s has was is been be do "
    "does did user users himself herself self manually all any more via per vom von der die das dem den aus zu "
    "zur zum fur fuer wurde ist hat sich selbst alle mehr de du des la le les el los las il lo gli dei della "
    "dal par por para pour a al est ete sido stato stata essere foi van het een door voor aan uit op is was "
    "werd niet meer want wants wish wishes wunscht wuenscht will mochte moechte souhaite desea vuole deseja "
    "wil veut quiere quer plus mas piu mais reader readers recipient recipients contact client kunde member "
    "members mitglied email emails mail mails receive received erhalten recevoir recibir ricevere receber "
    "ontvangen globally global anymore any longer permanently hard permanent email address adresse subscriber "
    "status liste lista lijst verteiler"
).split()

# A label that has one of these is about something around consent, not about whether it was given.
AROUND_LABELS = frozenset(
    "last latest ip id source quelle origine origen fuente bron channel kanal url link page seite form "
    "formular campaign kampagne title titel text wording version language sprache langue country land city "
    "street zip postal postcode plz state province region address adresse line plan tier price revenue name by "
    "rate opens clicks total group segment browser agent referrer 経路 言語".split()
)
REASONS = frozenset(
    "reason reasons grund grunde raison motif motivo motivos reden redenen message comment detail details "
    "campaign title url link ip source by 理由 原因".split()
)
COUNTS = frozenset(
    "count counts number anzahl nombre numero aantal rate score total bounces complaints 回数 件数".split()
)
DATED = frozenset(
    "at date dated time datetime timestamp datum am zeit zeitpunkt fecha data ora hora moment since seit "
    "depuis desde dal dat tijd tijdstip on le op 日 日時 日付 時刻".split()
)
DATED_WITHIN = ("datum", "日時", "日付", "年月日", "timestamp")

STATUS = frozenset("status statut statuts estatus ステータス 状態 状況 zustand".split())
STATUS_ENDS = ("ステータス", "状態", "状況")
STATUS_MAYBE = frozenset(
    "state type typ tipo art estado stato etat staat soort toestand situacao 種別 区分 kategorie".split()
)
# A status of something else.
OTHER_STATUS = frozenset(
    "order payment marital employment lead shipping ticket invoice job relationship tax visa civil family deal "
    "task zahlung bestellung familien commande pedido ordine bestelling order 注文 支払".split()
)

TRUE = frozenset(
    "yes y true t 1 on ja j wahr oui vrai si sí verdadero sì vero sim verdadeiro waar はい 有 あり 可 有効 ok "
    "okay".split()
)
FALSE = frozenset(
    "nope nah nothanks neindanke nonmerci nogracias nograzie naoobrigado neebedankt 否 no n false f 0 off nein "
    "falsch non faux falso nao nee onwaar never nie jamais nunca mai nooit いいえ 無 なし 不可 無効 00 000".split()
)
NOTHING = frozenset(
    (
        "",
        *"na null none nil nan undefined unknown unbekannt keineangabe ka inconnu desconocido sconosciuto".split(),
        *"desconhecido onbekend notset notspecified 不明 未設定 notanumber 00000000 00000000000000 keine leer".split(),
        *"blank empty vide vacio vuoto vazio leeg".split(),
    )
)

_CONFIRMED = (
    "subscribed confirmed active enabled optin optedin doubleoptin singleoptin abonniert angemeldet aktiv "
    "bestatigt bestaetigt eingewilligt zugestimmt abonne abonnee inscrit inscrite actif active confirme "
    "confirmee suscrito suscrita suscripto inscrito inscrita activo activa confirmado confirmada iscritto "
    "iscritta attivo attiva confermato confermata ativo ativa assinante cadastrado ingeschreven aangemeld "
    "actief bevestigd geabonneerd 購読中 配信中 登録済 登録済み 有効 同意済 同意済み 同意する 同意 許可 確認済 "
    "確認済み 希望 希望する 希望します granted agreed consented accepted"
)
_PENDING = (
    "pending unconfirmed unactivated inactive waiting notconfirmed unverified notverified invited ausstehend "
    "unbestatigt unbestaetigt wartend nichtbestatigt nichtbestaetigt inaktiv enattente nonconfirme "
    "nonconfirmee inactif inactive pendiente sinconfirmar noconfirmado noconfirmada inactivo inactiva inattesa "
    "nonconfermato nonconfermata inattivo inattiva pendente naoconfirmado naoconfirmada aguardando inativo "
    "inativa inafwachting onbevestigd wachtend inactief nietbevestigd 未確認 仮登録 保留 保留中 確認待ち "
    "承認待ち awaitingconfirmation"
)
_LEFT = (
    "deceased verstorben decede fallecido deceduto falecido overleden unsubscribed unsubscribe unsub optout "
    "removed disabled blocked blocklisted blocklist blacklisted blacklist left deleted archived suppressed "
    "excluded banned abgemeldet ausgetragen abbestellt gesperrt gekundigt gekuendigt geloscht geloescht "
    "deaktiviert widerrufen widersprochen desabonne desabonnee desinscrit desinscrite bloque bloquee supprime "
    "resilie desactive refuse desuscrito desuscrita baja cancelado cancelada bloqueado bloqueada eliminado "
    "desactivado rechazado disiscritto disiscritta cancellato cancellata bloccato bloccata eliminato "
    "disattivato rifiutato revocato descadastrado descadastrada desinscrito removido recusado desativado "
    "uitgeschreven afgemeld geblokkeerd opgezegd verwijderd gedeactiveerd geweigerd revoked withdrawn denied "
    "declined rejected refused cancelled canceled notsubscribed neversubscribed 配信停止 配信停止中 購読解除 "
    "登録解除 退会 退会済 退会済み 解除 解除済み 拒否 受信拒否 停止 ブロック 未購読 未登録 未同意 同意しない "
    "希望しない 希望しません 不要 配信不要 配信拒否"
)
_BOUNCED = (
    "cleaned bounced bounce unreachable undeliverable hardbounced hardbounce unzustellbar gebounced rebotado "
    "rebotada rebond rimbalzato rimbalzata devolvido onbestelbaar invalid バウンス 不達 配信エラー"
)
_COMPLAINED = (
    "complained spammy complaint spam spamcomplaint markedasspam reportedspam abuse beschwerde plainte queja "
    "reclamo klacht 苦情 迷惑メール"
)
STATES: Mapping[str, SubscriptionState] = {
    **dict.fromkeys(_CONFIRMED.split(), SubscriptionState.CONFIRMED),
    **dict.fromkeys(_PENDING.split(), SubscriptionState.PENDING),
    **dict.fromkeys(_LEFT.split(), SubscriptionState.UNSUBSCRIBED),
    **dict.fromkeys(_BOUNCED.split(), SubscriptionState.BOUNCED),
    **dict.fromkeys(_COMPLAINED.split(), SubscriptionState.COMPLAINED),
}
# What known tools call their readers, and nobody else means it so.
TOOL_STATES: Mapping[str, SubscriptionState] = {
    **dict.fromkeys("regular premium gifted trialed free paid comp".split(), SubscriptionState.CONFIRMED),
    "upcoming": SubscriptionState.UNSUBSCRIBED,
}
# About consent, and not clear: they say neither yes nor no.
UNCLEAR = frozenset("softbounce softbounced soft temporarybounce".split())
# Words of STATES that a column about anything else may hold.
ORDINARY = frozenset(
    "active enabled left removed deleted disabled archived cancelled canceled cancel inactive waiting pending "
    "invalid granted agreed accepted excluded denied declined rejected refused invited confirmed aktiv actif "
    "active activo activa attivo attiva ativo ativa actief inaktiv inactif inactivo inactiva inattivo inattiva "
    "inativo inativa inactief baja cancelado cancelada cancellato cancellata eliminado eliminato removido "
    "verwijderd geloscht geloescht refuse rechazado rifiutato recusado geweigerd supprime resilie opgezegd "
    "gekundigt gekuendigt desactive deaktiviert desactivado disattivato desativado gedeactiveerd pendiente "
    "pendente enattente inattesa ausstehend wartend wachtend aguardando inafwachting confirmado confirmada "
    "confirme confirmee confermato confermata bestatigt bestaetigt bevestigd inscrit inscrite inscrito "
    "inscrita iscritto iscritta ingeschreven aangemeld angemeldet block abuse unknown revoked withdrawn 有効 "
    "希望 保留 保留中 停止 不要 同意 許可 解除 cadastrado".split()
)
