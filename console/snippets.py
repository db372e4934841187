"""What an app's own code says to Signalpost, with its values filled in, and where a platform takes the install's id."""

from dataclasses import dataclass
from typing import Final

KEY: Final = "YOUR_API_KEY"


@dataclass(frozen=True, slots=True)
class Snippet:
    title: str
    code: str


@dataclass(frozen=True, slots=True)
class Platform:
    """How a subscription platform is set up; what no snippet can say."""

    title: str
    where: str
    """Where its webhook's address is entered."""
    secret: str
    """What the secret is."""
    join: str
    """The line that tells the platform whose install it is."""


def snippets(base_url: str, app_id: str) -> list[Snippet]:
    """For each kind of app: its install at the first open, and an event."""
    places = {"@URL@": base_url, "@APP@": app_id, "@KEY@": KEY}
    return [Snippet(title, _filled(code, places)) for title, code in _CODE]


def _filled(code: str, places: dict[str, str]) -> str:
    for place, value in places.items():
        code = code.replace(place, value)
    return code.strip("\n")


PLATFORMS: Final = {
    "revenuecat": Platform(
        "RevenueCat",
        "Project settings, Integrations, Webhooks.",
        "Any long text of yours, entered there as Authorization header.",
        'Purchases.shared.attribution.setAttributes(["signalpost_install_id": id])',
    ),
    "superwall": Platform(
        "Superwall",
        "Settings, Integrations, Webhooks.",
        "The signing secret it shows, `whsec_` and base64.",
        'Superwall.shared.setUserAttributes(["signalpost_install_id": id])',
    ),
    "adapty": Platform(
        "Adapty",
        "Integrations, Webhook, with Send User Attributes switched on.",
        "Any long text of yours, entered there as Authorization header.",
        'try builder.with(customAttribute: id, forKey: "signalpost_install_id")',
    ),
    "stripe": Platform(
        "Stripe",
        "Developers, Webhooks: charge.succeeded, charge.captured, refund.created, refund.updated, refund.failed, "
        "charge.dispute.funds_withdrawn, charge.dispute.closed.",
        "The endpoint's signing secret, `whsec_...`.",
        "metadata[signalpost_install_id] of the charge, and of the refund",
    ),
}

_CODE: Final = (
    (
        "Swift",
        """
// app @APP@: sendInstall at every start, once consent was asked for: it sends until the install is there. installId is
// for your subscription platform, too. What throws is sent again, with the same values: each id counts once
let base = URL(string: "@URL@")!
let kept = UserDefaults.standard

let installId: String = {
    let id = kept.string(forKey: "signalpost") ?? UUID().uuidString
    kept.set(id, forKey: "signalpost")
    return id
}()

func post(_ path: String, _ body: [String: Any]) async throws {
    var request = URLRequest(url: base.appendingPathComponent(path))
    request.httpMethod = "POST"
    request.setValue("Bearer @KEY@", forHTTPHeaderField: "Authorization")
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.httpBody = try JSONSerialization.data(withJSONObject: body)
    let (_, answer) = try await URLSession.shared.data(for: request)
    guard let http = answer as? HTTPURLResponse, http.statusCode < 300 else { throw URLError(.badServerResponse) }
}

// marketing: "granted", "denied" or "unknown"
@MainActor func sendInstall(marketing: String) async throws {
    if kept.bool(forKey: "signalpost.sent") { return }
    let screen = UIScreen.main.bounds.size
    let size: [String: Any] = ["width": Int(screen.width), "height": Int(screen.height), "scale": UIScreen.main.scale]
    let device: [String: Any] = [
        "os_version": UIDevice.current.systemVersion, "locale": Locale.current.identifier,
        "languages": Locale.preferredLanguages, "timezone": TimeZone.current.identifier, "screen": size,
    ]
    try await post("v1/installs", [
        "install_id": installId, "platform": "ios", "device": device, "consent": ["marketing": marketing],
    ])
    kept.set(true, forKey: "signalpost.sent")
}

// eventId: the transaction's; at: of a later try, when it was bought (else our clock counts, as phones' may be wrong)
func sendPurchase(eventId: String, at: Date? = nil) async throws {
    var event: [String: Any] = [
        "event_id": eventId, "install_id": installId, "name": "purchase", "value": "9.99", "currency": "EUR",
    ]
    if let at { event["occurred_at"] = Int(at.timeIntervalSince1970) }
    try await post("v1/events", event)
}
""",
    ),
    (
        "Kotlin",
        """
// app @APP@: with com.android.installreferrer, whose answer names the click. sendInstall at every start, once consent
// was asked for: it sends until the install is there. What is false is sent again, with the same values: each id counts
// once
fun post(path: String, body: JSONObject): Boolean = try { // not on the main thread
    val connection = URL("@URL@/$path").openConnection() as HttpURLConnection
    connection.requestMethod = "POST"
    connection.doOutput = true
    connection.setRequestProperty("Authorization", "Bearer @KEY@")
    connection.setRequestProperty("Content-Type", "application/json")
    connection.outputStream.use { it.write(body.toString().toByteArray()) }
    connection.responseCode < 300
} catch (e: IOException) {
    false
}

fun installId(context: Context): String {
    val kept = context.getSharedPreferences("signalpost", Context.MODE_PRIVATE)
    val id = kept.getString("install_id", null) ?: UUID.randomUUID().toString()
    kept.edit().putString("install_id", id).apply()
    return id
}

// marketing: "granted", "denied" or "unknown"
fun sendInstall(context: Context, marketing: String) {
    val kept = context.getSharedPreferences("signalpost", Context.MODE_PRIVATE)
    if (kept.getBoolean("sent", false)) return
    val client = InstallReferrerClient.newBuilder(context).build()
    client.startConnection(object : InstallReferrerStateListener {
        override fun onInstallReferrerSetupFinished(code: Int) {
            val isThere = code == InstallReferrerClient.InstallReferrerResponse.OK
            val referrer = if (isThere) runCatching { client.installReferrer }.getOrNull() else null
            val device = JSONObject().put("model", Build.MODEL).put("os_version", Build.VERSION.RELEASE)
                .put("locale", Locale.getDefault().toLanguageTag()).put("timezone", TimeZone.getDefault().id)
            val install = JSONObject()
                .put("install_id", installId(context)).put("platform", "android").put("device", device)
                .put("install_referrer", referrer?.installReferrer)
                .put("referrer_click_server_at", referrer?.referrerClickTimestampServerSeconds)
                .put("install_begin_server_at", referrer?.installBeginTimestampServerSeconds)
                .put("consent", JSONObject().put("marketing", marketing))
            client.endConnection()
            thread { if (post("v1/installs", install)) kept.edit().putBoolean("sent", true).apply() }
        }
        override fun onInstallReferrerServiceDisconnected() {}
    })
}

// eventId: the transaction's; at: of a later try, when it was bought in Unix seconds (else our clock counts, as phones'
// may be wrong)
fun sendPurchase(context: Context, eventId: String, at: Long? = null): Boolean = post("v1/events", JSONObject()
    .put("event_id", eventId).put("install_id", installId(context)).put("occurred_at", at)
    .put("name", "purchase").put("value", "9.99").put("currency", "EUR"))
""",
    ),
    (
        "React Native",
        """
// app @APP@: make installId once and keep it before the first try; sendInstall at every start until it did not throw.
// What throws is sent again, with the same values: each id counts once
const post = async (path, body) => {
  const answer = await fetch(`@URL@/${path}`, {
    method: "POST",
    headers: { Authorization: "Bearer @KEY@", "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`Signalpost: ${answer.status}`);
};

const { width, height, scale } = Dimensions.get("screen");
const { Model, Release } = Platform.constants; // Android's; its Platform.Version is an API level
const sendInstall = (installId, marketing, installReferrer) => post("v1/installs", {
  install_id: installId, platform: Platform.OS,
  install_referrer: installReferrer, // Android: as Play returned it
  device: {
    model: Model, os_version: Release ?? String(Platform.Version), screen: { width, height, scale },
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  },
  consent: { marketing }, // "granted", "denied" or "unknown"
});

// eventId: the transaction's; at: of a later try, the Date when it was bought (else our clock counts, as phones' may be
// wrong)
const sendPurchase = (installId, eventId, at) => post("v1/events", {
  event_id: eventId, install_id: installId, name: "purchase", occurred_at: at?.toISOString(),
  value: "9.99", currency: "EUR",
});
""",
    ),
    (
        "Flutter",
        """
// app @APP@: with package:http. Make installId once and keep it before the first try; sendInstall at every start until
// it did not throw. What throws is sent again, with the same values: each id counts once
Future<void> post(String path, Map<String, Object?> body) async {
  final answer = await http.post(Uri.parse('@URL@/$path'),
      headers: {'Authorization': 'Bearer @KEY@', 'Content-Type': 'application/json'}, body: jsonEncode(body));
  if (answer.statusCode >= 300) throw Exception('Signalpost: ${answer.statusCode}');
}

// marketing: 'granted', 'denied' or 'unknown'
Future<void> sendInstall(String installId, String marketing, String osVersion, String? installReferrer) =>
    post('v1/installs', {
      'install_id': installId,
      'platform': Platform.isIOS ? 'ios' : 'android',
      'install_referrer': installReferrer, // Android: as Play returned it
      'device': {'os_version': osVersion, 'locale': Platform.localeName.replaceAll('_', '-')},
      'consent': {'marketing': marketing},
    });

// eventId: the transaction's; at: of a later try, when it was bought (else our clock counts, as phones' may be wrong)
Future<void> sendPurchase(String installId, String eventId, [DateTime? at]) => post('v1/events', {
  'event_id': eventId, 'install_id': installId, 'name': 'purchase', 'occurred_at': at?.toUtc().toIso8601String(),
  'value': '9.99', 'currency': 'EUR',
});
""",
    ),
    (
        "curl",
        """
# app @APP@: an install, then an event of it
curl -sS -H 'Authorization: Bearer @KEY@' -H 'Content-Type: application/json' @URL@/v1/installs \\
  -d '{"install_id": "00000000-0000-4000-8000-000000000001", "platform": "ios", "consent": {"marketing": "granted"}}'

curl -sS -H 'Authorization: Bearer @KEY@' -H 'Content-Type: application/json' @URL@/v1/events \\
  -d '{"event_id": "test-1", "install_id": "00000000-0000-4000-8000-000000000001", "name": "purchase",
       "value": "9.99", "currency": "EUR"}'
""",
    ),
)
