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
        "Developers, Webhooks: charge.succeeded, charge.captured, refund.created, refund.updated.",
        "The endpoint's signing secret, `whsec_...`.",
        "metadata[signalpost_install_id] of the charge, and of the refund",
    ),
}

_CODE: Final = (
    (
        "Swift",
        """
// app @APP@: send the install once, at the first open; keep its id for events and for your subscription platform
let base = URL(string: "@URL@")!
let installId = UserDefaults.standard.string(forKey: "signalpost") ?? UUID().uuidString

func post(_ path: String, _ body: [String: Any]) async throws {
    var request = URLRequest(url: base.appendingPathComponent(path))
    request.httpMethod = "POST"
    request.setValue("Bearer @KEY@", forHTTPHeaderField: "Authorization")
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.httpBody = try JSONSerialization.data(withJSONObject: body)
    _ = try await URLSession.shared.data(for: request)
}

@MainActor func sendInstall() async throws {
    let screen = UIScreen.main.bounds.size
    let size: [String: Any] = ["width": Int(screen.width), "height": Int(screen.height), "scale": UIScreen.main.scale]
    let device: [String: Any] = [
        "os_version": UIDevice.current.systemVersion, "locale": Locale.current.identifier,
        "languages": Locale.preferredLanguages, "timezone": TimeZone.current.identifier, "screen": size,
    ]
    try await post("v1/installs", [
        "install_id": installId, "platform": "ios", "device": device, "consent": ["marketing": "granted"],
    ])
    UserDefaults.standard.set(installId, forKey: "signalpost")
}

func sendPurchase() async throws {
    try await post("v1/events", [
        "event_id": UUID().uuidString, "install_id": installId, "name": "purchase", "value": "9.99", "currency": "EUR",
    ])
}
""",
    ),
    (
        "Kotlin",
        """
// app @APP@: with com.android.installreferrer, whose answer names the click; send the install once, at the first open
fun post(path: String, body: JSONObject) = thread {
    val connection = URL("@URL@/$path").openConnection() as HttpURLConnection
    connection.requestMethod = "POST"
    connection.doOutput = true
    connection.setRequestProperty("Authorization", "Bearer @KEY@")
    connection.setRequestProperty("Content-Type", "application/json")
    connection.outputStream.use { it.write(body.toString().toByteArray()) }
    check(connection.responseCode < 300)
}

fun sendInstall(context: Context, installId: String) {
    val client = InstallReferrerClient.newBuilder(context).build()
    client.startConnection(object : InstallReferrerStateListener {
        override fun onInstallReferrerSetupFinished(code: Int) {
            val isThere = code == InstallReferrerClient.InstallReferrerResponse.OK
            val referrer = if (isThere) client.installReferrer else null
            val device = JSONObject().put("model", Build.MODEL).put("os_version", Build.VERSION.RELEASE)
                .put("locale", Locale.getDefault().toLanguageTag()).put("timezone", TimeZone.getDefault().id)
            post("v1/installs", JSONObject()
                .put("install_id", installId).put("platform", "android").put("device", device)
                .put("install_referrer", referrer?.installReferrer)
                .put("referrer_click_server_at", referrer?.referrerClickTimestampServerSeconds)
                .put("install_begin_server_at", referrer?.installBeginTimestampServerSeconds)
                .put("consent", JSONObject().put("marketing", "granted")))
            client.endConnection()
        }
        override fun onInstallReferrerServiceDisconnected() {}
    })
}

fun sendPurchase(installId: String) = post("v1/events", JSONObject()
    .put("event_id", UUID.randomUUID().toString()).put("install_id", installId)
    .put("name", "purchase").put("value", "9.99").put("currency", "EUR"))
""",
    ),
    (
        "React Native",
        """
// app @APP@: send the install once, at the first open; keep installId
const post = (path, body) => fetch(`@URL@/${path}`, {
  method: "POST",
  headers: { Authorization: "Bearer @KEY@", "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

const { width, height, scale } = Dimensions.get("screen");
const { Model, Release } = Platform.constants; // Android's; its Platform.Version is an API level
const sendInstall = (installId, installReferrer) => post("v1/installs", {
  install_id: installId, platform: Platform.OS,
  install_referrer: installReferrer, // Android: as Play returned it
  device: {
    model: Model, os_version: Release ?? String(Platform.Version), screen: { width, height, scale },
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  },
  consent: { marketing: "granted" },
});

const sendPurchase = (installId, eventId) => post("v1/events", {
  event_id: eventId, install_id: installId, name: "purchase", value: "9.99", currency: "EUR",
});
""",
    ),
    (
        "Flutter",
        """
// app @APP@: with package:http; send the install once, at the first open; keep installId
Future<void> post(String path, Map<String, Object?> body) async {
  await http.post(Uri.parse('@URL@/$path'),
      headers: {'Authorization': 'Bearer @KEY@', 'Content-Type': 'application/json'}, body: jsonEncode(body));
}

Future<void> sendInstall(String installId, String osVersion, String? installReferrer) => post('v1/installs', {
  'install_id': installId,
  'platform': Platform.isIOS ? 'ios' : 'android',
  'install_referrer': installReferrer, // Android: as Play returned it
  'device': {'os_version': osVersion, 'locale': Platform.localeName.replaceAll('_', '-')},
  'consent': {'marketing': 'granted'},
});

Future<void> sendPurchase(String installId, String eventId) => post('v1/events', {
  'event_id': eventId, 'install_id': installId, 'name': 'purchase', 'value': '9.99', 'currency': 'EUR',
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
