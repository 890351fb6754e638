"""Lists further names of goods and shades, each with a word that the training teaches."""

from typing import Final

HYPONYMS: Final[dict[str, str]] = {
    "t-shirt": """crop-top muscle-shirt baby-tee graphic-tee ringer-tee raglan football-shirt
        sports- shirt polo-shirt v-neck crew-neck printed-shirt band-shirt pyjama-
        top sleeveless-top basic-tee cotton-tee short-sleeve short-sleeved-shirt
        tube-top halter-top rash-guard""",
    "longsleeve": """crewneck roll-neck polo-neck knit knitted-jumper woolly cashmere-sweater
        christmas- jumper aran fair-isle zip-neck half-zip quarter-zip thermal base-
        layer tracksuit-top long-sleeve-top long-sleeved-top long-sleeve-shirt
        rugby-shirt bolero twinset knitted- top fisherman-sweater hooded-sweatshirt
        sweat-top pullovers v-neck-sweater""",
    "trousers": """skinny-jeans blue-jeans bootcut flares bell-bottoms dungarees overalls yoga-
        pants track-pants tracksuit-bottoms pyjama-bottoms suit-trousers dress-pants
        khakis palazzo- pants capri capris three-quarter-pants work-trousers cords
        cargo-trousers harem-pants treggings jogging-bottoms long-johns ski-pants
        breeches jodhpurs denims stretch-jeans mom-jeans""",
    "shorts": """denim-shorts jean-shorts cycling-shorts board-shorts running-shorts gym-
        shorts cargo- shorts chino-shorts swimming-trunks swimming-shorts hotpants
        football-shorts skort sports-shorts linen-shorts boxer-shorts knee-length-
        shorts""",
    "shirt": """oxford dress-shirts business-shirt formal-shirt office-shirt denim-shirt
        linen-shirt hawaiian-shirt flannel-shirt checked-shirt collared-shirt
        overshirt lumberjack-shirt button-up-shirt button-down-shirt guayabera kurta
        smock blouses peasant-blouse""",
    "outwear": """winter-coat winter-jacket denim-jacket jean-jacket leather-jacket biker-
        jacket bomber- jacket puffer-jacket quilted-jacket rain-jacket ski-jacket
        softshell hardshell cape poncho pea-coat duffle-coat trench mackintosh mac
        sports-jacket suit-jacket tuxedo waistcoat body-warmer bodywarmer fleece-
        jacket track-jacket windproof waterproof cagoule varsity-jacket lab-coat
        fur-coat sheepskin-coat cloak outdoor-jacket""",
    "dress": """ball-gown prom-dress cocktail-dress wedding-dress bridal-gown summer-dress
        shift-dress wrap-dress mini-dress midi-dress shirt-dress slip-dress pencil-
        dress party-dress skater-dress nightgown nightdress nightie kaftan caftan
        cheongsam sari sarong playsuit jumpsuit romper little-black-dress tea-dress
        sweater-dress tunic-dress""",
    "skirt": """maxi-skirt pleated-skirt a-line-skirt denim-skirt tennis-skirt circle-skirt
        wrap-skirt tube-skirt tulle-skirt leather-skirt skater-skirt petticoat
        dirndl""",
    "hat": """woolly-hat bobble knitted-hat straw-hat cowboy-hat stetson top-hat bowler-
        hat bowler derby flat-cap newsboy-cap snapback trucker-cap visor sun-visor
        turban balaclava headband helmet hood panama-hat boater sombrero pork-pie
        sun-hat winter-hat peaked-cap baker-boy-cap""",
    "shoes": """running-shoes trainers tennis-shoe sports-shoe football-boot cleat ballet-
        flat ballerina brogue derby-shoe oxford-shoe monk-strap boat-shoe deck-shoe
        espadrille clog mule court-shoe stiletto wedge wedges kitten-heel platform-
        shoe mary-jane sandals slippers thong-sandal birkenstock croc hiking-shoe
        walking-shoe basketball-shoe skate- shoe canvas-shoe lace-up slip-on high-
        top low-top leather-shoe dress-shoe heels""",
    "boots": """chelsea-boot hiking-boot walking-boot snow-boot combat-boot cowboy-boot
        riding-boot knee-high-boot desert-boot work-boot winter-boot biker-boot
        wellington-boot rain-boot ugg-boot thigh-high-boot galosh mukluk""",
    "car": """motor sedan-car family-car city-car compact-car taxi cab minicar suv jeep
        four-by-four off-roader electric-car hybrid-car police-car classic-car
        vintage-car convertible cabriolet passenger-car beetle mini-cooper toy-car
        model-car car-model""",
    "sports car": """muscle-car hot-rod formula-one-car gt hypercar fast-car bugatti mclaren
        corvette mustang aston-martin maserati racing-cars sports-coupe""",
    "van": """campervan camper motorhome minibus people-carrier box-van panel-van cargo-
        van delivery-truck pickup-truck tow-truck dump-truck fire-engine ambulance
        bus coach toy- truck removal-van trailer-truck juggernaut""",
    "bicycle": """racing-bike city-bike electric-bike e-bike ebike bmx tandem folding-bike
        touring-bike fixed-gear-bike gravel-bike children-bike kids-bike velocipede
        tricycle push-bike""",
    "scooter": "push-scooter electric-scooter e-scooter stunt-scooter kids-scooter microscooter",
    "ball": """tennis-ball rugby-ball cricket-ball bouncy-ball play-ball exercise-ball gym-
        ball medicine-ball rubber-ball toy-ball bowling-ball baseball softball globe""",
    "watch": """sports-watch diving-watch pocket-watch digital-watch analogue-watch fitness-
        tracker men-watch ladies-watch automatic-watch quartz-watch timer""",
    "bag": """tote-bag hand-bag leather-bag evening-bag crossbody crossbody-bag messenger-
        bag shopping-bag beach-bag bucket-bag hobo-bag sling-bag clutch-bag carrier-
        bag pocketbook briefcase doctor-bag saddle-bag duffel-bag gym-bag weekender
        holdall laptop-bag""",
    "backpack": """hiking-backpack day-pack school-backpack laptop-backpack book-bag kids-
        backpack travel-backpack haversack bergen""",
    "sunglasses": """reading-glasses aviator aviators wayfarer wayfarers ski-goggles goggles sun-
        glasses monocle eye-glasses pilot-glasses optical-frame""",
    "mug": """tea-mug tea-cup espresso-cup travel-mug beer-mug stein demitasse ceramic-mug
        ceramic- cup camping-mug enamel-mug cappuccino-cup latte-cup drinking-cup
        goblet""",
    "plate": """side-plate dessert-plate soup-plate serving-plate paper-plate pie-plate tray
        charger- plate cake-plate porcelain-plate bowl frisbee disc""",
    "bottle": """beer-bottle glass-bottle plastic-bottle thermos thermos-flask drinking-
        bottle sports- bottle milk-bottle oil-bottle perfume-bottle soda-bottle
        cola-bottle decanter wine bottle-of-wine vial phial jar ketchup-bottle hip-
        flask""",
    "book": """cookbook cookery-book picture-book schoolbook story-book comic comic-book
        magazine manual guidebook dictionary atlas encyclopedia encyclopaedia album
        journal notepad diary-book biography thriller romance e-book bible photo-
        album exercise-book log-book planner""",
    "lamp": """reading-lamp floor-lamp standard-lamp office-lamp night-light lantern
        bedroom-lamp ceiling-lamp pendant-lamp light-fixture chandelier torch-lamp
        led-lamp""",
    "chair": """office-chair desk-chair rocking-chair folding-chair garden-chair wooden-
        chair high- chair bar-stool barstool camping-chair deckchair throne kids-
        chair dining-seat""",
    "table": """kitchen-table bedside-table work-table writing-desk office-desk computer-
        desk garden- table picnic-table console-table folding-table workbench end-
        table nightstand""",
    "sofa": """corner-sofa sofa-bed leather-sofa two-seater three-seater chesterfield
        chaise-longue daybed futon sectional recliner easy-chair lounge-chair
        davenport ottoman""",
    "clock": """kitchen-clock station-clock analogue-clock analog-clock grandfather-clock
        mantel-clock table-clock desk-clock cuckoo-clock digital-clock barometer""",
    "phone": """mobile-telephone galaxy pixel-phone touch-phone flip-phone cellular phone-
        case tablet ipad e-reader mp3-player ipod gps calculator""",
    "headphones": """head-phones ear-phones earbud ear-buds airpods wireless-headphones noise-
        cancelling- headphones gaming-headset studio-headphones over-ear-headphones
        ear-muffs earmuffs ear-defenders""",
    "umbrella": """rain-umbrella golf-umbrella folding-umbrella beach-umbrella sun-umbrella
        gamp garden- parasol""",
    "juice": "orange-nectar juice-carton breakfast-juice fresh-juice fruit-drink cordial",
    "milk": "cow-milk semi-skimmed-milk milk-carton lactose-free-milk fresh-milk low-fat-milk",
    "yoghurt": "natural-yoghurt greek-yoghurt skyr low-fat-yoghurt fruit-yoghurt frozen-yoghurt",
    "fruit": "stone-fruits tropical-fruit exotic-fruit fresh-fruit fruit-salad orchard-fruit",
    "vegetables": "fresh-vegetables root-vegetable salad-vegetable salad crudites raw-food",
    "food": "foods fresh-food snack nourishment groceries-food eatable comestible",
    "clothing": """garments menswear womenswear childrenswear sportswear workwear nightwear
        knitwear-top activewear streetwear fashion-item clothing-item attire costume
        uniform""",
    "furniture": "home-furniture garden-furniture office-furniture upholstery furnishings",
    "electronics": "consumer-electronics appliance appliances computer-accessory gadgets",
    "vehicle": "vehicles motor-vehicles road-vehicle conveyance",
    "accessory": "fashion-accessory travel-accessory",
}
"""Maps a learned word to names that are read as this word. A hyphen stands for a space."""

SHADES: Final[dict[str, str]] = {
    "black": "jet-black coal-black pitch-black midnight-black ink liquorice",
    "white": "snow-white pure-white milk-white eggshell porcelain-white",
    "grey": (
        "ash-grey stone-grey dove-grey steel-grey charcoal-grey slate-grey pewter gunmetal smoke"
    ),
    "red": (
        "blood-red brick-red cherry-red fire-red fire-engine-red ruby-red tomato-red cardinal "
        "carmine garnet"
    ),
    "orange": "burnt-orange bright-orange pumpkin carrot-orange tangerine-orange ochre-orange",
    "yellow": (
        "lemon-yellow mustard-yellow sunflower-yellow golden-yellow sunshine-yellow ochre "
        "corn-yellow"
    ),
    "green": (
        "emerald-green mint-green bottle-green forest-green olive-green sea-green apple-green "
        "grass-green khaki-green pistachio jade-green moss-green"
    ),
    "blue": (
        "navy-blue baby-blue midnight-blue powder-blue ice-blue steel-blue cobalt-blue "
        "electric-blue denim-blue ocean-blue petrol cornflower ultramarine cerulean"
    ),
    "purple": (
        "royal-purple aubergine-purple violet-blue heather periwinkle mulberry magenta-purple "
        "orchid"
    ),
    "pink": (
        "baby-pink dusty-pink rose-pink candy-pink salmon-pink old-rose bubblegum flamingo "
        "cerise rose-gold"
    ),
    "brown": (
        "dark-chocolate chocolate-brown coffee-brown chestnut-brown mocha umber sepia caramel "
        "toffee rust-brown cinnamon"
    ),
    "beige": (
        "stone champagne vanilla-coloured sandy biscuit-coloured cream-coloured oat buff "
        "wheat linen-coloured"
    ),
}
"""Maps a basic colour to further names of its shades."""

DEPTHS: Final[dict[str, str]] = {
    "dark": "black", "deep": "black", "light": "white", "pale": "white", "pastel": "white",
    "bright": "", "vivid": "", "neon": "", "faded": "grey", "medium": "",
}  # fmt: skip
"""Maps a modifier of colours to the colour that it adds."""
