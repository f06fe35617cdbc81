"""Which algorithms are good enough, as an allow-list, and the one place where a raw signature is checked.

Sources: ETSI TS 119 312 (2024) and NIST SP 800-131A. A deny-list lets P-192, SHA-224 and MGF1 with SHA-1 through.
"""

from asn1crypto import algos, core, keys
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

SMALLEST_RSA, LARGEST_RSA = 2048, 16384
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sha3_256": hashes.SHA3_256,
    "sha3_384": hashes.SHA3_384,
    "sha3_512": hashes.SHA3_512,
}
_CURVES = {
    "secp256r1",
    "secp384r1",
    "secp521r1",
    "brainpoolp256r1",
    "brainpoolp384r1",
    "brainpoolp512r1",
}


def digest_allowed(name: str) -> bool:
    return name in _HASHES


def weakness_of_key(key: keys.PublicKeyInfo) -> str | None:
    """Return why a public key is not good enough, or None."""
    kind = key.algorithm
    if kind in {"rsa", "rsassa_pss"}:
        bits = _rsa_bits(key)
        return None if SMALLEST_RSA <= bits <= LARGEST_RSA else f"RSA de {bits} bits"
    if kind == "ec":
        form, curve = key.curve
        return None if form == "named" and curve in _CURVES else f"curva {curve if form == 'named' else form}"
    return None if kind in {"ed25519", "ed448"} else f"clave {kind}"


def _rsa_bits(key: keys.PublicKeyInfo) -> int:
    """Return the length of the modulus. (asn1crypto rounds it up to whole bytes.)"""
    return int(key["public_key"].parsed["modulus"].native).bit_length()


def weakness_of_signature(algorithm: algos.SignedDigestAlgorithm, digest: str | None = None) -> str | None:
    """Return why a signature algorithm is not good enough, or None. `digest` is the one given beside it (CMS)."""
    name = algorithm["algorithm"].native
    if name in {"ed25519", "ed448"}:
        return None
    if name == "rsassa_pss":
        return _weakness_of_pss(algorithm["parameters"], digest)
    try:
        kind, own = algorithm.signature_algo, algorithm.hash_algo
    except ValueError:
        kind, own = name, None
    if kind not in {"rsassa_pkcs1v15", "ecdsa"}:
        return f"algoritmo {name}"
    used = own or digest
    if used is None or not digest_allowed(used):
        return f"resumen {used or 'desconocido'}"
    if digest is not None and own is not None and own != digest:
        return f"resumen {digest} con firma {name}"
    return None


def _weakness_of_pss(parameters: algos.RSASSAPSSParams | core.Void, digest: str | None) -> str | None:
    if isinstance(parameters, core.Void):
        return "RSA-PSS sin parámetros, que es decir con sha1"  # RFC 4055, 3.1
    hashed = parameters["hash_algorithm"]["algorithm"].native
    masked = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
    for name in (hashed, masked):
        if not digest_allowed(name):
            return f"resumen {name} en RSA-PSS"
    if digest is not None and hashed != digest:  # RFC 4056, 3
        return f"resumen {digest} con firma {hashed} en RSA-PSS"
    return None


def describe_key(key: keys.PublicKeyInfo) -> str:
    """Return a key's kind and size for a report. (asn1crypto cannot size Edwards keys.)"""
    kind = str(key.algorithm)
    return (
        f"rsa {_rsa_bits(key)}"
        if kind in {"rsa", "rsassa_pss"}
        else f"ec {key.curve[1]}"
        if kind == "ec"
        else kind
    )


def verifies(
    key: keys.PublicKeyInfo,
    signature: bytes,
    data: bytes,
    algorithm: algos.SignedDigestAlgorithm,
    digest: str | None = None,
) -> bool:
    """Whether the signature over `data` is this key's, by an allowed algorithm. Never raises for what is given."""
    if weakness_of_key(key) or weakness_of_signature(algorithm, digest):
        return False
    try:
        public = _public_key(key)
        if isinstance(public, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            public.verify(signature, data)
            return bool(algorithm["algorithm"].native == key.algorithm)
        if isinstance(public, ec.EllipticCurvePublicKey) and algorithm.signature_algo == "ecdsa":
            public.verify(signature, data, ec.ECDSA(_hash_of(algorithm, digest)))
            return True
        if isinstance(public, rsa.RSAPublicKey) and algorithm.signature_algo in {
            "rsassa_pkcs1v15",
            "rsassa_pss",
        }:
            padded, hashed = _padding(algorithm, digest)
            public.verify(signature, data, padded, hashed)
            return True
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
        return False
    return False


def _public_key(info: keys.PublicKeyInfo) -> object:
    if (
        info.algorithm == "rsassa_pss"
    ):  # `cryptography` wants a plain RSA key; the parameters are checked above
        info = keys.PublicKeyInfo(
            {"algorithm": {"algorithm": "rsa"}, "public_key": info["public_key"].parsed}
        )
    return serialization.load_der_public_key(info.dump())


def _hash_of(algorithm: algos.SignedDigestAlgorithm, digest: str | None) -> hashes.HashAlgorithm:
    try:
        name = algorithm.hash_algo
    except ValueError:
        name = digest
    return _HASHES[name]()


def _padding(
    algorithm: algos.SignedDigestAlgorithm, digest: str | None
) -> tuple[padding.AsymmetricPadding, hashes.HashAlgorithm]:
    if algorithm.signature_algo != "rsassa_pss":
        return padding.PKCS1v15(), _hash_of(algorithm, digest)
    parameters = algorithm["parameters"]
    mask = _HASHES[parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native]()
    hashed = _HASHES[parameters["hash_algorithm"]["algorithm"].native]()
    return padding.PSS(padding.MGF1(mask), parameters["salt_length"].native), hashed
