"""didcomm (Python): a text packed with authcrypt, by which the sender is known, and unpacked."""

import asyncio
import json

from authlib.jose import OKPKey
from didcomm.common.resolvers import ResolversConfig
from didcomm.common.types import (
    VerificationMaterial,
    VerificationMaterialFormat,
    VerificationMethodType,
)
from didcomm.did_doc.did_doc import DIDDoc
from didcomm.did_doc.did_resolver_in_memory import DIDResolverInMemory
from didcomm.message import Message
from didcomm.pack_encrypted import PackEncryptedConfig, pack_encrypted
from didcomm.secrets.secrets_resolver import Secret
from didcomm.secrets.secrets_resolver_in_memory import SecretsResolverInMemory
from didcomm.unpack import unpack

from bench.rivals.clock import TEXT, measured, tell

ANNA, SHOP = "did:example:anna", "did:example:shop"


def party(did: str) -> tuple[DIDDoc, Secret]:
    """A document with one key to agree with, and its secret."""
    key = OKPKey.generate_key("X25519", is_private=True).as_dict(is_private=True)
    private = {name: key[name] for name in ("kty", "crv", "x", "d")}
    public = {name: key[name] for name in ("kty", "crv", "x")}
    kid = f"{did}#agree"
    method = {"id": kid, "controller": did, "type": "JsonWebKey2020", "publicKeyJwk": public}
    document = {"@context": [], "id": did, "verificationMethod": [method], "keyAgreement": [kid]}
    material = VerificationMaterial(VerificationMaterialFormat.JWK, json.dumps(private))
    return DIDDoc.deserialize(document), Secret(
        kid=kid, type=VerificationMethodType.JSON_WEB_KEY_2020, verification_material=material
    )


async def main() -> None:
    """Resolvers in memory; neither storage nor transport."""
    documents, secrets = zip(party(ANNA), party(SHOP), strict=True)
    resolvers = ResolversConfig(
        secrets_resolver=SecretsResolverInMemory(list(secrets)),
        did_resolver=DIDResolverInMemory(list(documents)),
    )
    message = Message(id="1", type="https://example.org/say/1", frm=ANNA, to=[SHOP], body={"text": TEXT})
    config = PackEncryptedConfig(forward=False)

    async def pack() -> str:
        packed = await pack_encrypted(resolvers, message, to=SHOP, frm=ANNA, pack_config=config)
        return str(packed.packed_msg)

    one = await pack()
    tell(len(one), await measured(pack), await measured(lambda: unpack(resolvers, one)))


if __name__ == "__main__":
    asyncio.run(main())
