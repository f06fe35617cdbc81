"""The embedded default's account, made from one secret: the real SDKs talk to the double of the carriers."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the group of P-256 (FIPS 186-4, D.1.2.3)."""
SMS_NUMBER = "+525500000000"
VOICE_NUMBER = "+525500000001"
MAIL_ADDRESS = "avisos@amparo-notify.invalid"


@dataclass(frozen=True)
class LocalAccount:
    """Credentials that the double and the real SDKs share. The same secret gives the same account."""

    account_sid: str
    auth_token: str = field(repr=False)
    api_key: str = field(repr=False)
    events_key: ec.EllipticCurvePrivateKey = field(repr=False)
    sms_from: str = SMS_NUMBER
    voice_from: str = VOICE_NUMBER
    mail_from: str = MAIL_ADDRESS

    @property
    def events_public_key(self) -> str:
        """As SendGrid's console shows it: base64 of the DER SubjectPublicKeyInfo."""
        der = self.events_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()


def local_account(secret: bytes) -> LocalAccount:
    """Return the local account that belongs to a secret."""

    def derived(what: str) -> str:
        return hmac.new(secret, f"local {what}".encode(), hashlib.sha256).hexdigest()

    scalar = int(derived("events") + derived("events 2"), 16) % (_ORDER_P256 - 1) + 1
    return LocalAccount(
        account_sid="AC" + derived("account")[:32],
        auth_token=derived("token")[:32],
        api_key="SG." + derived("key"),
        events_key=ec.derive_private_key(scalar, ec.SECP256R1()),
    )


def carrier_url(public_url: str) -> str:
    """Where the double answers as Twilio and as SendGrid."""
    return public_url.rstrip("/") + "/demo/carrier"
